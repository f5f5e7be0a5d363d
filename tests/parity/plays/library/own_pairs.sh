#!/bin/sh
# Old style: the arguments are words that a shell reads.
. "$1"
echo "a line before"
printf '{"msg": "%s", "check": "%s", "name": "%s", "changed": true}\n' "$greeting" "$_ansible_check_mode" "$_ansible_module_name"
