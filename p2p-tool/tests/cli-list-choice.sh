#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What p2p-tool list shows and leaves out, and what it refuses.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

server=$(sysroot server) || exit 1

# Left out unless asked for: bridges, I/O BARs, functions without memory.
run list --sysroot "$server" --csv
expect_status 0
expect_output 0000:19:00.0,
expect_no_output_of 0000:17:00.0,
expect_no_output_of ,io,
expect_no_output_of 0000:00:00.0,
run list --sysroot "$server" --csv --all
expect_output 0000:17:00.0,
expect_output ,io,
expect_output 0000:00:00.0,
run list --sysroot "$server" --csv -a
expect_output 0000:17:00.0,

# A named function is shown whatever it is, with what belongs to it.
run list --sysroot "$server" --csv 0000:17:00.0
expect_output 0000:17:00.0,
expect_no_output_of 0000:19:00.0,
run list --sysroot "$server" --csv 0000:18:00.1
expect_output mlx5_1,
expect_no_output_of mlx5_0,
expect_no_output_of rxe0,
expect_no_output_of card0,
# Options and operands in any order, domain 0 when not said, upper case.
run list 18:00.1 --csv 0001:C1:00.0 --sysroot "$server"
expect_output 0000:18:00.1,
expect_output 0001:c1:00.0,
expect_output renderD128,
expect_output "mlx5_1,0000:18:00.1,"
run list --csv --sysroot "$server" -- 18:00.1
expect_output 0000:18:00.1,

# One table or two of the three.
run list --sysroot "$server" --csv --rdma
expect_status 0
expect_output mlx5_0,
expect_no_output_of 10de
expect_no_output_of card0,
run list --sysroot "$server" --csv --rdma --drm
expect_output mlx5_0,
expect_output card0,
expect_no_output_of 10de
run list --sysroot "$server" --csv --pci
expect_output 10de
expect_no_output_of mlx5_0
expect_no_output_of card0

# This machine itself, whatever it has. Opening no device gives the same rows.
run list
expect_status 0
run list --no-probe --pci --csv
expect_status 0

# A function that is not there.
run list --sysroot "$server" 0000:18:00.7
expect_error 77 0000:18:00.7 'no such PCI function' --all
run list --sysroot "$server" --drm 0000:18:00.0 0002:18:00.0
expect_error 77 0002:18:00.0

# Wrong usage.
for bdf in 0000:18:00 18:00.8 18:20.0 0000:18:00.0/2 x '' ' 18:00.0' vfio:18:00.0; do
	run list --sysroot "$server" "$bdf"
	expect_error 2 "'$bdf': not a PCI address" 0000:01:00.0
done
run list --json --csv
expect_error 2 '--json and --csv' 'choose one'
run list --frob
expect_error 2 --frob 'no such option' 'p2p-tool list --help'
run list -q
expect_error 2 "'-q'" 'no such option'
run list --no
expect_status 0
run list --sysroot
expect_error 2 --sysroot 'DIR is missing'
run list --json=yes
expect_error 2 --json 'takes no argument'
run list --sysroot "$tmp/absent"
expect_error 2 "$tmp/absent/sys" 'No such file or directory' 'captured'
mkdir "$tmp/nosys"
run list --sysroot "$tmp/nosys"
expect_error 2 "$tmp/nosys/sys"
: >"$tmp/file"
run list --sysroot "$tmp/file"
expect_error 2 "$tmp/file/sys" 'Not a directory'

finish
