#!/bin/sh
. "$1"
printf '{"msg": "%s %s!"}\n' "$_ansible_module_name" "$text"
