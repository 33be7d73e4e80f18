#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
exec "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/run.sh" --interactive "$@"
