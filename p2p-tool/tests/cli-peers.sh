#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The options of peers.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

run peers
expect_error 2 'no buffer given'
for op in atomic write-imm all frob; do
	run peers --op $op host:128K
	expect_error 2 "--op '$op'" 'write, '
done
run peers --figure both,latency host:128K
expect_error 2 "--figure 'both,latency'" 'throughput, latency or both'
for option in '--iters 4' '--iters x' '--qps 0' '--repeat 0' '--timeout 0' '--inline 5000'; do
	# shellcheck disable=SC2086 # an option and its argument
	run peers $option host:128K
	expect_error 2 "${option%% *}"
done
if feature rdma; then
	printf 'peers udmabuf:128K\n' >"$tmp/peers.suite"
	run bench run "$tmp/peers.suite"
	expect_error 2 'peers.suite:1' udmabuf:128K 'ordinary memory only'
	printf 'peers host:64K\n' >"$tmp/peers.suite"
	run bench run "$tmp/peers.suite"
	expect_error 2 'peers.suite:1' host:64K 'fit into it twice'
else
	run peers host:128K
	expect_error 77 'without RDMA'
fi
finish
