#!/bin/sh
echo "said: $1 $2"
echo "err" >&2
