#!/bin/sh
echo going; exit 7
