#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make configure and Makefile.in from their sources.
cd "$(dirname "$0")" || exit 1
exec autoreconf --install --force --warnings=all
