#!/bin/sh
echo "no JSON"
echo "trouble" >&2
exit 3
