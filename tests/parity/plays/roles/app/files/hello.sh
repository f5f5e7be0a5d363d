#!/bin/sh
echo "script says $1 from $PWD" | sed "s#from .*#from somewhere#"
