#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The options of rdma, for one machine and for two.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

# The server has one thing to do, and the client all the others.
for option in '--op write' '--sizes 4K' '--qps 2' '--depth 4' '--cq-mod 2' '--inline 16' --bidir \
	'--iters 5' '--duration 1' '--repeat 2' '--warmup 2' --counted --csv; do
	# shellcheck disable=SC2086 # an option and its argument
	run rdma --server $option host:64K
	expect_error 2 "${option%% *}: is not for the server" 'to the client'
done
for option in '--listen 127.0.0.1' '--clients 1'; do
	# shellcheck disable=SC2086
	run rdma --connect 127.0.0.1 $option host:64K
	expect_error 2 "${option%% *}: is for the server" --server
done
for option in '--port 5' '--timeout 5'; do
	# shellcheck disable=SC2086
	run rdma $option host:64K
	expect_error 2 "${option%% *}: is for two machines" --connect
done
run rdma --server --connect 127.0.0.1 host:64K
expect_error 2 '--server and --connect' 'choose one'
run rdma --connect 127.0.0.1 --counted host:64K
expect_error 2 '--connect and --counted'
run rdma --server
expect_error 2 'no buffer given'
run rdma --connect 127.0.0.1
expect_error 2 'no buffer given'
for port in 65536 -1 x ''; do
	run rdma --connect 127.0.0.1 --port "$port" host:64K
	expect_error 2 "--port '$port'" '0 to 65535'
done
run rdma --connect 127.0.0.1 --port 0 host:64K
expect_error 2 'option --port: 0 is for the server' 'the one that the server tells'
for timeout in 0 3601 -1 x ''; do
	run rdma --connect 127.0.0.1 --timeout "$timeout" host:64K
	expect_error 2 "--timeout '$timeout'" '1 to 3600'
done

if feature rdma; then
	# Each message needs its place on the way there, and one on the way back.
	run rdma --connect 127.0.0.1 --sizes 64K host:64K
	expect_error 2 host:64K 'fit into it twice'
	run rdma --bidir --sizes 64 host:4K
	expect_error 2 host:4K 'whole pages'
	run rdma --sizes 128K host:64K
	expect_error 2 host:64K 'fit into it'
	# In a suite there is nobody to end a server.
	printf 'rdma --server host:64K\n' >"$tmp/server.suite"
	run bench run "$tmp/server.suite"
	expect_error 2 'server.suite:1' --server
else
	run rdma --connect 127.0.0.1 host:64K
	expect_error 77 'without RDMA'
	run rdma --server host:64K
	expect_error 77 'without RDMA'
fi
finish
