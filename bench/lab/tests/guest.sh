# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What runs in the lab's guest, and the lab itself. Sourced by ../test.sh.
# shellcheck disable=SC2154,SC2016 # scratch is set by test.sh; the guest expands
# shellcheck source=bench/lab/browser.sh
source "$LAB_ROOT/bench/lab/browser.sh"

lab_run() {
	"$LAB_ROOT/lab" run "$@"
}

# expect STATUS COMMAND... - COMMAND ends with that status; its standard
# output and errors are left in $scratch.
expect() {
	local wanted=$1 status=0
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[[ $status -eq $wanted ]] ||
		{ cat "$scratch/out" "$scratch/err"; fail "status $status instead of $wanted: $*"; }
}

# Each bug of kernel/mutations/ is found by the test that it names, in a minute. First of
# all, as it takes the longest.
slow_mutations() {
	local file bug test wanted options bad='' status
	for file in "$LAB_ROOT"/kernel/mutations/*.patch; do
		bug=$(basename "$file" .patch)
		test=$(sed -n 's/^Test: //p' "$file")
		wanted=$(sed -n 's/^Expect: //p' "$file")
		read -r -a options < <(sed -n 's/^Options: //p' "$file"; echo)
		status=0
		lab_run --kernel "mutant-$bug" --smp 2 "${options[@]}" --timeout 120 -- timeout 60 sh -c "$test" \
			>"$scratch/out" 2>"$scratch/err" || status=$?
		if [[ $status -ne 0 && $status -ne 125 ]] && grep -q -E "$wanted" "$scratch/out" "$scratch/err"; then
			echo "ok $bug" >>"$parts"
		else
			echo "FAIL $bug: status $status, and nothing says '$wanted'" >>"$parts"
			cat "$scratch/out" "$scratch/err"
			bad=yes
		fi
	done
	[[ -z $bad ]]
}

test_run_status_and_output() {
	expect 3 lab_run -- sh -c "echo \"to stdout: it's\"; echo 'to stderr' >&2; exit 3"
	[[ $(cat "$scratch/out") == "to stdout: it's" ]] || fail "standard output: $(cat "$scratch/out")"
	grep -q '^to stderr$' "$scratch/err" || fail "standard error: $(cat "$scratch/err")"
	expect 127 lab_run -- nonesuch-program
}

# Binary output comes through as it is, more than a pipe holds.
test_run_binary_output() {
	expect 0 lab_run -- sh -c 'head -c 3000000 /lab/bin/p2p-tool; cat /lab/bin/ib_write_bw'
	lab_run -- sh -c '{ head -c 3000000 /lab/bin/p2p-tool; cat /lab/bin/ib_write_bw; } | sha256sum' |
		cut -d' ' -f1 >"$scratch/sum"
	[[ $(sha256_of <"$scratch/out") == $(cat "$scratch/sum") ]]
}

test_run_copy_and_out() {
	mkdir "$scratch/dir"
	echo content >"$scratch/dir/file"
	expect 0 lab_run --copy "$scratch/dir" --out "$scratch/back" -- sh -c 'mkdir /lab/out/sub && cp /lab/in/dir/file /lab/out/sub/'
	[[ $(cat "$scratch/back/sub/file") == content ]]
}

test_run_splat() {
	expect 120 lab_run -- sh -c 'echo c >/proc/sysrq-trigger'
	grep -q 'Kernel panic' "$scratch/err" || fail 'the splat was not printed'
	# Whoever wrote the line, and also when the command itself succeeds.
	expect 120 lab_run -- sh -c 'echo "WARNING: a test says so" >/dev/kmsg; sleep 1'
}

test_shell() {
	expect 0 sh -c "printf 'echo \"sum \$((40 + 2))\"\nexit\n' | timeout 60 '$LAB_ROOT/lab' shell"
	grep -q 'sum 42' "$scratch/out"
}

# The programs of the host come before busybox's applets.
test_guest_programs() {
	expect 0 lab_run -- sh -c 'ip -V && modprobe --version && setpriv --version'
	grep -q iproute2 "$scratch/out"
	grep -q kmod "$scratch/out"
}

# Nobody reads: the run ends soon.
test_run_closed_output() {
	local started=$SECONDS
	lab_run --timeout 100 -- sh -c 'seq 1 2000000; sleep 90' 2>/dev/null | head -n 2 || true
	((SECONDS - started < 60)) || fail "it took $(seconds "$started")"
}

test_run_timeout() {
	expect 124 lab_run --timeout 15 -- sleep 100
}

test_run_options() {
	expect 0 lab_run --smp 2 --mem 1G --append lab.test=yes -- sh -c \
		'[ "$(nproc)" = 2 ] && grep -q lab.test=yes /proc/cmdline && awk "/MemTotal/ { exit !(\$2 < 1048576) }" /proc/meminfo'
	expect 125 lab_run --mem 16M -- true
	grep 'give more than --mem 16M' "$scratch/err"
}

# The lab's children end with it, however it ends.
test_run_leaves_no_qemu() {
	local signal pid run
	for signal in INT TERM KILL; do
		# A script's background jobs ignore SIGINT otherwise.
		TMPDIR=$scratch env --default-signal=INT "$LAB_ROOT/lab" run -- \
			sh -c 'echo up; sleep 300' >"$scratch/out.$signal" 2>&1 &
		pid=$!
		for _ in $(seq 300); do
			! grep -q '^up$' "$scratch/out.$signal" || break
			sleep 0.2
		done
		grep -q '^up$' "$scratch/out.$signal" || { cat "$scratch/out.$signal"; fail "SIG$signal: the guest did not come up"; }
		run=$(find "$scratch" -maxdepth 1 -name 'vfio-p2p-run.*')
		pgrep -f "qemu-system.*$run" >/dev/null || fail 'the QEMU of this run cannot be seen'
		kill "-$signal" "$pid"
		for _ in $(seq 50); do
			pgrep -f "qemu-system.*$run" >/dev/null || break
			sleep 0.2
		done
		! pgrep -f "qemu-system.*$run" || fail "SIG$signal leaves QEMU behind"
		wait "$pid" || true
		[[ $signal == KILL || ! -e $run ]] || fail "SIG$signal leaves $run behind"
		rm -rf "$run"
	done
}

test_run_concurrently() {
	local pids=() pid n
	for n in 1 2 3; do
		lab_run --out "$scratch/$n" -- sh -c "echo $n >/lab/out/n; sleep 2; cat /lab/out/n" >"$scratch/out.$n" 2>"$scratch/err.$n" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for n in 1 2 3; do
		[[ $(cat "$scratch/out.$n" "$scratch/$n/n" | sort -u) == "$n" ]]
	done
}

test_list() {
	expect 0 lab_run -- p2p-tool list
	grep -q '0000:03:00.0.*vfio-pci' "$scratch/out"
	grep -q '0000:04:00.0' "$scratch/out"
}

test_demo() {
	"$LAB_ROOT/lab" demo >"$scratch/out"
	[[ $(wc -l <"$LAB_ROOT/out/demo.jsonl") -gt 10 ]]
	jq -e . "$LAB_ROOT/out/demo.jsonl" >/dev/null
	grep -q 'never bandwidths' "$LAB_ROOT/out/demo.html"
	if command -v chromium >/dev/null; then
		looks_good "$LAB_ROOT/out/demo.html" 25
	fi
}

# A device is borrowed by one at a time, and given back to its driver whatever ends
# the one who has it.
test_bind() {
	expect 0 lab_run --timeout 300 -- sh -c '
		bdf=0000:04:00.0
		at_home() {
			[ "$(basename "$(readlink /sys/bus/pci/devices/$bdf/driver)")" = igb ] &&
				[ "$(cat /sys/bus/pci/devices/$bdf/driver_override)" = "(null)" ]
		}
		at_home || { echo "igb does not have it"; exit 1; }
		p2p-tool map --bind vfio:$bdf/0:4K --repeat 2 >/dev/null || exit
		at_home || { echo "not given back"; exit 1; }
		for signal in INT TERM HUP KILL; do
			for delay in 0.05 0.2 0.8; do
				# Background jobs of a script ignore SIGINT otherwise.
				env --default-signal=INT p2p-tool map --bind vfio:$bdf/0:4K --repeat 100000 >/dev/null 2>&1 &
				sleep $delay
				kill -$signal $! || exit
				wait $!
				for i in 1 2 3 4 5 6 7 8 9 10; do at_home && break; sleep 0.5; done
				at_home || { echo "SIG$signal after $delay s: not given back"; exit 1; }
				# Until the process that gave it back is gone.
				for i in 1 2 3 4 5 6 7 8 9 10; do
					p2p-tool map --bind vfio:$bdf/0:4K --repeat 1 >/dev/null 2>&1 && break
					sleep 0.5
				done
			done
		done
		p2p-tool map --bind vfio:$bdf/0:4K --repeat 1000000 >/dev/null & first=$!
		until [ "$(basename "$(readlink /sys/bus/pci/devices/$bdf/driver)")" = vfio-pci ]; do sleep 0.1; done
		p2p-tool map --bind vfio:$bdf/0:4K >/dev/null
		echo "second: $?"
		kill $first
		wait $first
		echo "first: $?"
		at_home && echo "at home"'
	cat "$scratch/out" "$scratch/err"
	[[ $(cat "$scratch/out") == $'second: 77\nfirst: 143\nat home' ]]
}

# Who appends at the same time loses nothing.
test_append() {
	expect 0 lab_run --smp 2 -- sh -c '
		for i in 1 2 3 4 5 6 7 8; do
			p2p-tool map host:64K --repeat 1 --output /tmp/all --append >/dev/null &
		done
		wait
		cat /tmp/all'
	[[ $(grep -c '"type":"environment"' "$scratch/out") -eq 8 ]]
	[[ $(jq -r 'select(.type == "record") | .measurement' "$scratch/out" | sort | uniq -c | awk '{ print $1 }' | sort -u) == 8 ]]
}

# How long a revoke takes, and that nothing gets through afterwards.
test_revoke() {
	expect 0 lab_run --kernel patched --smp 2 -- sh -c '
		p2p-tool revoke --json --mappers 3 --busy vfio:0000:03:00.0/2+1M:256K &&
		p2p-tool revoke --csv --mappers 0 vfio:0000:03:00.0/2:64M >&2 &&
		ulimit -Sn 64 && p2p-tool revoke --mappers 100 --repeat 1 vfio:0000:03:00.0/2:4K >&2 &&
		{ ulimit -Hn 64; p2p-tool revoke --mappers 100 vfio:0000:03:00.0/2:4K; [ $? = 77 ]; }'
	grep -q 'option --mappers: takes .* open files, and 64 are allowed.*ulimit -Hn' "$scratch/err"
	jq -e 'select(.type == "record") | .verification == "ok" and .count == 20 and
		(.observed.reads | tonumber) > 0 and .params.mappers == "3"' "$scratch/out"
	grep -q 'revoke.revoke.*none' "$scratch/err" || { cat "$scratch/err"; fail 'no record without mappers'; }
	expect 77 lab_run --kernel stock -- p2p-tool revoke vfio:0000:03:00.0/2:256K
	grep -q 'cannot revoke DMABUFs; boot a kernel' "$scratch/err"
}

# The same from devices that have it: nothing of them gets through, and each sees the
# error that its specification has for that. revoke_importers KERNEL ROUNDS
revoke_importers() {
	expect 0 lab_run --kernel "$1" --smp 2 --timeout 300 -- sh -c 'rdma-up
		for busy in "" --busy; do
			p2p-tool revoke --importers rdma,drm $busy --repeat "$1" --warmup 1 --json \
				vfio:0000:03:00.0/2+1M:256K &&
			p2p-tool revoke --importers drm --node renderD128 --mappers 0 $busy \
				--repeat "$1" --warmup 1 --json vfio:0000:03:00.0/2+1M:256K || exit
		done' sh "$2"
	cat "$scratch/out" "$scratch/err"
	jq -e -s --argjson rounds "$2" '[.[] | select(.type == "record")] | length == 4 and
		all(.verification == "ok" and .count == $rounds and (.observed.seen_by_drm |
			test("^mapping of the (object|DMABUF got back): SIGBUS; mapping again: No such device; importing again: No such device$"))) and
		([.[].observed.seen_by_rdma] | unique) == [null,
			"writing to it: remote access error; writing from it: local protection error; registering again: No such device"] and
		(map(select(.params.busy == "yes")) |
			all((.observed.drm_accesses | tonumber) > 0)) and
		([.[].observed.rdma_accesses | select(. != null) | tonumber] | length == 1 and .[0] > 0)' "$scratch/out"
}

test_revoke_importers_lab() {
	revoke_importers lab 20
	expect 77 lab_run -- p2p-tool revoke --importers rdma vfio:0000:03:00.0/2:64K
	grep -q 'no RDMA device' "$scratch/err"
	expect 77 lab_run --kernel patched -- p2p-tool revoke --importers drm vfio:0000:03:00.0/2:64K
	grep -q 'cannot import it: the attachment lacks peer2peer' "$scratch/err"
}

test_revoke_importers_debug() {
	revoke_importers debug 5
}

# Plain mappings beside those where huge pages fit, and where none do.
test_map_page_orders() {
	expect 0 lab_run --kernel patched --bar-size 1G -- sh -c '
		map() { p2p-tool map --via both --repeat 2 --warmup 0 --json "$@" || exit; }
		map vfio:0000:03:00.0/2:16M
		map --align 2M vfio:0000:03:00.0/2:16M
		map --align 4K vfio:0000:03:00.0/2:16M
		map vfio:0000:03:00.0/2:1G
		map vfio:0000:03:00.0/2+4K:4M
		# All of a slice is mapped, whatever is copied.
		p2p-tool copy vfio:0000:03:00.0/2:4M --sizes 4K --routine plain --repeat 2 --json'
	jq -r 'select(.measurement == "map.touch_all") |
		"\(.buffer | sub(".*:"; "")) \(.params.align) \(.observed.page_orders // .page_order) \(.observed.faults)"' \
		"$scratch/out" | uniq | tee "$scratch/orders"
	printf '%s\n' '16M 0 9 8' '16M 2M 9 8' '16M 4K 0 4096' '1G 0 18 1' '4M 0 0,9 513' | diff - "$scratch/orders"
	[[ $(jq 'select(.params.size == "4K").page_order' "$scratch/out" | uniq) == 9 ]]
	# What --align then helps against
	jq -r 'select(.measurement == "map.first_touch").skipped // empty' "$scratch/out" |
		grep -q '2:1G: one page fault at most maps all of it; give --align 2M'
}

# An owner and clients that have no rights but to its socket.
test_vend() {
	expect 0 lab_run --kernel patched --smp 2 --timeout 120 -- sh -c '
		umask 0
		client() {
			setpriv --reuid 1000 --clear-groups p2p-tool vend --client /tmp/socket "$@"
		}
		owner() {
			p2p-tool vend --socket /tmp/socket vfio:0000:03:00.0/2+2M:8M "$@" &
			owner=$!
			until [ -e /tmp/socket ]; do sleep 0.1; done
		}
		for access in "" --read-only; do
			echo "owner $access"
			owner --slices 4 --clients 8 --json $access
			for i in 1 2 3 4 5 6 7 8; do
				client --repeat 2 --warmup 0 --json >/tmp/client.$i &
			done
			wait
			cat /tmp/client.*
		done
		echo "too late"
		owner --hold 0.5 --json
		client --repeat 100000 >/dev/null
		echo "status $?"
		kill $owner; wait
		echo "owner dies"
		owner --json
		(sleep 1; kill -9 $owner) &
		client --repeat 100000 >/dev/null
		echo "status $?"
		wait'
	cat "$scratch/out" "$scratch/err"
	# Of both owners and their 16 clients: nothing could be reached.
	sed '/^too late/,$d' "$scratch/out" | grep '^{' | jq -e -s '
		[.[] | select(.type == "record")] |
		(map(select(.measurement == "vend.revoke" and .verification == "ok" and
			.observed.confirmed == "8 of 8")) | length) == 2 and
		(map(select(.measurement == "vend.confined" and .verification == "ok" and
			.observed.attempts == "14")) | length) == 16 and
		(map(select(.measurement == "vend.revoked" and .verification == "ok")) | length) == 16'
	[[ $(grep -c '^status 1$' "$scratch/out") -eq 2 ]] || fail 'a client has not noticed'
	grep -q 'its owner has taken slice 0 back' "$scratch/err"
	grep -q 'the owner is gone, and slice 0 with it' "$scratch/err"
	grep -q 'slice 0 is gone for pid' "$scratch/err"
	sed '1,/^too late/d; /^owner dies/,$d' "$scratch/out" | grep '^{' | jq -e -s '
		map(select(.measurement == "vend.revoke")) | .[0].observed.forced == "1"'
}

# Every line of every suite. (peers has a test of its own.)
test_suites() {
	expect 0 lab_run --timeout 600 -- sh -c 'rdma-up && dma-up
		for suite in full demo; do
			p2p-tool bench run $suite --repeat 1 --buffer bar=vfio:0000:03:00.0/2 --json || exit
		done'
	cat "$scratch/out" "$scratch/err"
	# Nothing wrong, and only skipped what cannot be; scale has grown as it should.
	jq -e -s '[.[] | select(.type == "record")]
		| length > 600 and all(.verification != "failed")
		and (map(select(.skipped != null) | .measurement) | unique) ==
			["drm.first_touch", "drm.read", "drm.write", "map.first_touch"]
		and ([1, 16, 128, 256, 1024, 4096] -
			[.[] | select(.measurement == "map.touch_all").params | .ranges // .dmabufs | values | tonumber]) == []
		and (["1", "16", "128", "1024"] - map(select(.measurement == "revoke.revoke").params.dmabufs)) == []
		and (["1", "4", "16", "64"] - map(select(.measurement == "revoke.revoke").params.mappers)) == []
		and (["1", "4", "16", "64"] - map(select(.measurement == "rdma.write").params.qps)) == []' "$scratch/out"
}

# Many ranges are refused where they cannot be.
test_ranges() {
	expect 2 lab_run --kernel patched -- p2p-tool map vfio:0000:03:00.0/2:16M --ranges 3
	expect 2 lab_run --kernel patched -- p2p-tool map vfio:0000:03:00.0/2:16M --ranges 4 --align 2M
	grep -q 'no address agrees with all ranges' "$scratch/err"
}

# Two boots of one image agree in every counted median.
test_counted_boots_agree() {
	"$LAB_ROOT/lab" ab stock stock --suite map --counted --json --out "$scratch/ab" >"$scratch/compared"
	# But for memory that is allocated, which docs/measuring.md explains: by little.
	jq -r '.cells[] | select(.verdict != "equal") |
		select((.buffer | test("^(udmabuf|heap):") | not) or
			(.measurement != "map.export" and .measurement != "map.close") or
			.gated or (.b_median / .a_median - 1 | fabs) > 0.05) |
		"differs: \(.measurement) \(.buffer) \(.params): \(.a_median) \(.b_median)"' \
		"$scratch/compared" | tee "$scratch/differs"
	[[ ! -s $scratch/differs ]] || fail 'the boots do not agree'
	jq -e '.summary[0].cells >= 40 and .environment == []' "$scratch/compared"
}

# The facts of kernel/tests/facts-*.c (docs/kernel-design.md names them), each
# of which has to be looked at.
FACTS='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 29 30 31 32 33 34 35 36 37 38 39 41 48 50 51 52 53 54 55 56'

# guest_facts NUMBERS KERNEL ARGUMENT... - run that with lab_run; its output is lines
# "ok|FAIL fact N: what", where a line may be about several facts. Each of the
# facts is a part of the test.
guest_facts() {
	local numbers=$1 kernel=$2 status=0
	shift 2
	lab_run --kernel "$kernel" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	cat "$scratch/out"
	awk -v facts="$numbers" '
		$1 == "FAIL" { why = $0; sub(/^FAIL /, "", why) }
		{ for (line = $0; match(line, /fact [0-9]+/); line = substr(line, RSTART + RLENGTH)) {
			n = substr(line, RSTART + 5, RLENGTH - 5)
			checks[n]++
			if ($1 == "FAIL") bad[n] = why
		} }
		END {
			count = split(facts, list, " ")
			for (i = 1; i <= count; i++) {
				n = list[i]
				if (n in bad) print "FAIL fact-" n ": " bad[n]
				else if (n in checks) print "ok fact-" n " (" checks[n] " checks)"
				else print "FAIL fact-" n ": nothing has looked at it"
			}
		}' "$scratch/out" >>"$parts"
	[[ $status -eq 0 ]] || { cat "$scratch/err"; fail "status $status"; }
}

# facts KERNEL NUMBERS - all of them in one boot.
facts() {
	guest_facts "$2" "$1" -- sh -c '
		bad=0
		for t in /lab/tests/facts-*; do $t || bad=1; done
		exit $bad'
}

test_facts_patched() {
	facts patched "$FACTS"
}

# That writes to config space fail is only seen here, and only here are there 32-bit tasks.
test_facts_debug() {
	facts debug "$FACTS 28 57"
}

# The largest pages, which take a BAR to match.
test_fact_59_patched() {
	guest_facts '39 56 59' patched --bar-size 1G -- /lab/tests/pud
	guest_facts '59' patched --bar-size 1G --append clearcpuid=pdpe1gb -- /lab/tests/pud no-gbpages
}

test_fact_59_debug() {
	guest_facts '39 56 59' debug --bar-size 1G -- /lab/tests/pud
}

# Without PAT nothing is write-combining, and nobody says so.
test_memattr_nopat() {
	guest_facts '36 37 38 39' patched --append nopat -- /lab/tests/facts-memattr
}

# selftests KERNEL PROGRAM... - the kernel's own, on $selftest_device; a line a result is
# left in $scratch/KERNEL.
selftest_device=0000:04:00.0 # igb
selftests() {
	local kernel=$1
	shift
	ensure_selftests
	mkdir -p "$scratch/selftests"
	cp "$(selftests_dir)"/* "$scratch/selftests/"
	expect 0 lab_run --kernel "$kernel" --timeout 300 --copy "$scratch/selftests" -- sh -c '
		bdf=$1
		shift
		echo vfio-pci >/sys/bus/pci/devices/$bdf/driver_override
		echo $bdf >/sys/bus/pci/devices/$bdf/driver/unbind
		echo $bdf >/sys/bus/pci/drivers_probe
		for program; do
			# Copying gigabytes takes half a minute here, in each mode.
			case $program in
			*driver_test) without="-T memcpy_storm" ;;
			*) without= ;;
			esac
			/lab/in/selftests/$program $without $bdf >/tmp/log 2>&1
			echo "$program: exit status $?"
			cat /tmp/log
		done' sh "$selftest_device" "$@"
	cat "$scratch/out"
	grep -E '^(not )?ok |exit status' "$scratch/out" >"$scratch/$kernel"
}

# What drivers of importing devices see. Where they map a BAR has not changed, but
# that stock kernels cannot map several ranges through the host bridge.
test_importer_lab() {
	guest_facts '10 12 21' lab -- /lab/tests/importer
}

test_importer_debug() {
	guest_facts '10 12 21' debug -- /lab/tests/importer
}

# Software importers: an RDMA device, with traffic that is cut off, and a DRM device.
test_rxe_lab() {
	expect 0 lab_run --kernel lab -- sh -c 'rdma-up && /lab/tests/rxe && /lab/tests/rxe 60'
	cat "$scratch/out"
}

test_rxe_debug() {
	expect 0 lab_run --kernel debug -- sh -c 'rdma-up && /lab/tests/rxe && /lab/tests/rxe 60'
	cat "$scratch/out"
}

# Both at once, while access is taken away in every way there is.
importers_storm() {
	expect 0 lab_run --kernel "$1" --smp 2 --timeout $(($2 * 4 + 300)) -- sh -c "
		rdma-up && /lab/tests/importers-storm $2"
	cat "$scratch/out"
}

test_importers_storm_lab() {
	importers_storm lab 10
}

test_importers_storm_debug() {
	importers_storm debug 20
}

slow_importers_storm_debug() {
	importers_storm debug 120
}

slow_rxe_debug_long() {
	expect 0 lab_run --kernel debug --timeout 1200 -- sh -c 'rdma-up && /lab/tests/rxe 1000'
	cat "$scratch/out"
}

test_vgem_lab() {
	expect 0 lab_run --kernel lab -- /lab/tests/vgem
}

test_vgem_debug() {
	expect 0 lab_run --kernel debug -- /lab/tests/vgem
}

# Every kind of buffer under every operation, and both ways; data is verified.
test_rdma() {
	expect 0 lab_run -- sh -c 'rdma-up
		for buffer in vfio:0000:03:00.0/2+1M:256K udmabuf:256K heap:system:256K host:256K; do
			p2p-tool rdma $buffer --op all --sizes 2,4K,64K --repeat 3 --warmup 1 --csv || exit
			p2p-tool rdma $buffer --op all --sizes 64K --bidir --qps 3 --depth 4 \
				--cq-mod 3 --iters 50 --repeat 2 --warmup 0 --csv || exit
		done'
	cat "$scratch/out"
	[[ $(grep -c ',rdma\.[a-z_-]*,' "$scratch/out") -ge 100 ]]
	! grep -E ',failed,' "$scratch/out"
	# The warm-up does not count, however short the time.
	expect 0 lab_run -- sh -c 'rdma-up && p2p-tool rdma host:64K --op write --duration 0.001 --json'
	jq -e -s 'map(select(.measurement == "rdma.write")) | .[0].count >= 1' "$scratch/out"
}

# Uncached and write-combining side by side, as the page table says; data is verified.
test_memattr() {
	expect 0 lab_run --kernel patched -- sh -c '
		p2p-tool map vfio:0000:03:00.0/2+4M:4M --memattr both --align 2M --repeat 3 --warmup 1 --json &&
		p2p-tool map vfio:0000:03:00.0/2:64K --memattr wc --repeat 3 --warmup 1 --json &&
		p2p-tool copy vfio:0000:03:00.0/2:64K --memattr both --routine all --sizes 64,64K \
			--repeat 3 --warmup 1 --json &&
		p2p-tool copy vfio:0000:03:00.0/2:64K --memattr wc --sizes 4K --repeat 3 --warmup 1 --json &&
		umount /sys/kernel/debug &&
		p2p-tool map vfio:0000:03:00.0/2:64K --memattr wc --repeat 3 --warmup 1 >&2'
	cat "$scratch/out" "$scratch/err"
	grep -q '2:64K: which memory attribute is in force could not be read back (.*No such file' "$scratch/err"
	grep '^{' "$scratch/out" | jq -e -s '[.[] | select(.type == "record" and .skipped == null)] |
		(map(select((.memattr // "") != "")) | length) >= 40 and
		all(.[] | select((.memattr // "") != ""); .memattr == {uc: "UC-", wc: "WC"}[.params.memattr]) and
		all(.[] | select(.measurement | startswith("copy.")); .verification == "ok") and
		(map(select(.params.align == "2M" and .memattr == "WC") | .page_order) | unique) == [9] and
		(map(select(.params.memattr == "wc") | .params.via) | unique) == ["dmabuf"]'
	# A device without prefetchable BARs
	expect 77 lab_run --kernel patched -- p2p-tool map --bind vfio:0000:04:00.0/0 --memattr wc
	grep -q '0000:04:00.0: BAR 0 is not prefetchable: no write-combining mappings; choose a' "$scratch/err"
}

# Every kind of buffer in a DRM device: by way of the DMABUF that it gives back and of
# its own object, what is written arrives in the buffer.
test_drm() {
	expect 0 lab_run -- sh -c '
		for buffer in vfio:0000:03:00.0/2+1M:256K udmabuf:256K heap:system:256K drm:card0:256K; do
			p2p-tool drm $buffer --sizes 64,64K --repeat 3 --warmup 1 --json || exit
		done
		p2p-tool drm --node renderD128 vfio:0000:03:00.0/2:64K --repeat 3 --warmup 1 >&2 &&
		p2p-tool map drm:card0:256K --via both --repeat 3 --warmup 1 >&2 &&
		umount /sys/kernel/debug &&
		p2p-tool drm vfio:0000:03:00.0/2:64K --repeat 3 --warmup 1 >&2'
	cat "$scratch/out" "$scratch/err"
	grep '^{' "$scratch/out" | jq -e -s '[.[] | select(.type == "record")] |
		(map(select(.skipped == null and .params.via != null and .verification == "ok" and
			(.measurement == "drm.write" or .measurement == "drm.read"))) | length) == 32 and
		(map(select(.measurement == "drm.mmap") | .verification) | sort | unique) == ["ok"] and
		(map(select(.measurement == "drm.mmap")) | length) == 8 and
		(map(select(.measurement == "drm.import") | .observed.attached)) ==
			["vgem", "vgem", "vgem", "nobody"] and
		(map(select(.measurement == "drm.import") | .observed.warning == null)) ==
			[true, false, false, false] and
		all(.[]; .verification != "failed") and
		(map(select(.skipped != null) | .params.via) | unique) - ["engine", "reexport", "gem"] == []'
	grep -q 'renderD128: render nodes give no offset to map objects at; use the primary node' "$scratch/err"
	grep -q 'vfio:.*: who has attached to it cannot be seen; be root, mount debugfs' "$scratch/err"
}

# What stands in the way of an import is said.
test_drm_refusals() {
	expect 77 lab_run --kernel patched -- p2p-tool drm vfio:0000:03:00.0/2:64K
	grep -q 'card0 (vgem) cannot import it: the attachment lacks peer2peer' "$scratch/err"
	expect 77 lab_run -- sh -c 'rm -r /dev/dri; p2p-tool drm udmabuf:64K'
	grep -q '/dev/dri/.*: No such file' "$scratch/err"
	expect 2 lab_run -- p2p-tool drm --node /dev/null udmabuf:64K
	grep -q '/dev/null: is not a DRM node' "$scratch/err"
}

# What stands in the way of a registration is said: 77 and one line.
test_rdma_refusals() {
	expect 77 lab_run -- p2p-tool rdma vfio:0000:03:00.0/2:64K
	grep -q 'no RDMA device; without a NIC' "$scratch/err"
	expect 77 lab_run --kernel patched -- sh -c 'rdma-up && p2p-tool rdma vfio:0000:03:00.0/2:64K'
	grep -q 'rxe0 cannot register it: its driver has no reg_user_mr_dmabuf' "$scratch/err"
}

# Two machines, and the BAR at either end, or at both.
test_rdma_two_machines() {
	expect 0 lab_run --timeout 300 -- sh -c '
		rdma-two
		accel0=vfio:0000:03:00.0/2+1M:256K accel1=vfio:0000:06:00.0/2:256K
		one() {
			echo "server $1, client $2" >&2
			server=$1 client=$2
			shift 2
			tries=0
			ip netns exec a p2p-tool rdma --server --clients 1 --timeout 60 $server &
			until ip netns exec z p2p-tool rdma --connect 192.0.2.1 --timeout 60 \
				--op all --repeat 3 --warmup 1 --json "$@" $client; do
				# It may not listen yet.
				[ $? = 1 ] && tries=$((tries + 1)) && [ $tries -lt 10 ] || exit 1
				sleep 0.5
			done
			wait $! || exit
		}
		one $accel0 host:256K --sizes 2,4K --iters 30
		one host:256K $accel0 --sizes 2,4K --iters 30
		one $accel0 $accel1 --sizes 32K --bidir --qps 3 --depth 4 --cq-mod 3 --iters 20
		one udmabuf:256K heap:system:256K --sizes 4K --iters 20
		one host:256K host:256K --sizes 1,64 --inline 64 --iters 30'
	cat "$scratch/err"
	jq -c 'select(.type == "record") | [.buffer, .params.peer_buffer, .measurement, .params.size,
		.params.bidir, .verification, .count, .baseline.ratio]' "$scratch/out"
	# 5 + 4 sizes and registration; each ping-pong is a sample; ordinary memory is its own baseline.
	jq -e -s '[.[] | select(.type == "record")] |
		(map(select(.measurement | test("register") | not)) |
			length == 18 * 3 + 10 * 2 and all(.verification == "ok") and
			all(.observed.peer == "192.0.2.1")) and
		(map(select(.measurement == "rdma.write_pingpong" and .params.size == "2")) |
			length == 2 and all(.count == 90)) and
		(map(select(.measurement == "rdma.register")) | length == 5) and
		(map(select(.buffer == "host:256K" and .params.peer_buffer == "host:256K")) |
			all(.baseline == null)) and
		(map(select(.params.peer_buffer == "vfio:0000:03:00.0/2+1M:256K" and .params.depth)) |
			length > 0 and all(.baseline.ratio > 0))' "$scratch/out"
}

# Whatever a client does, the next one is served.
test_rdma_server_is_robust() {
	expect 0 lab_run --timeout 300 -- sh -c '
		rdma-two
		z="ip netns exec z p2p-tool"
		ip netns exec a p2p-tool rdma --server --timeout 2 host:64K 2>/tmp/server &
		server=$!
		good() {
			for try in 1 2 3 4 5 6 7 8 9 10; do
				$z rdma --connect 192.0.2.1 --op write,send --sizes 4K --repeat 2 \
					--warmup 0 --iters 10 --csv host:64K >/tmp/good 2>&1 && return
				sleep 0.5
			done
			echo "not served after $1:"
			cat /tmp/good
			exit 1
		}
		good nothing
		for attack in hello silent setup rubbish rounds vanish; do
			for seed in 1 2; do
				ip netns exec z /lab/tests/rdma-rubbish 192.0.2.1 18520 $attack $seed || exit
				good "$attack $seed"
			done
		done
		# More than there is room for
		$z rdma --connect 192.0.2.1 --sizes 64K host:128K
		echo "too large: $?"
		# Two at once
		$z rdma --connect 192.0.2.1 --duration 60 --sizes 4K host:64K >/dev/null 2>&1 &
		long=$!
		sleep 2
		$z rdma --connect 192.0.2.1 host:128K
		echo "second: $?"
		# Stopped in the middle, which no device tells
		kill -STOP $long
		sleep 4
		good "a stopped client"
		kill -KILL $long
		$z rdma --connect 192.0.2.1 --duration 60 --sizes 4K host:64K >/dev/null 2>&1 &
		long=$!
		sleep 2
		kill -KILL $long
		good "a killed client"
		# The same from the other side
		$z rdma --connect 192.0.2.1 --duration 60 --timeout 2 --sizes 4K host:64K &
		long=$!
		sleep 2
		kill -STOP $server
		wait $long
		echo "stopped server: $?"
		kill -CONT $server
		good "having been stopped"
		$z rdma --connect 192.0.2.1 --duration 60 --timeout 2 --sizes 4K host:64K &
		long=$!
		sleep 2
		kill -KILL $server
		wait $long
		echo "killed server: $?"
		sort /tmp/server | uniq -c'
	cat "$scratch/out" "$scratch/err"
	grep -q '^too large: 2$' "$scratch/out"
	grep -q 'host:64K has 64K, and 128K are needed' "$scratch/err"
	grep -q '^second: 1$' "$scratch/out"
	grep -q 'serves another client; try again later' "$scratch/err"
	grep -q '^stopped server: 1$' "$scratch/out"
	grep -q '^killed server: 1$' "$scratch/out"
	# Nothing but those that behaved was served.
	grep -q 'speaks another version' "$scratch/out"
	grep -q 'no answer within 2 s' "$scratch/out"
}

# perftest and this tool in turn, in both lines of the suite; how they compare is for who
# has time to wait.
test_peers() {
	expect 0 lab_run --smp 2 --timeout 300 -- sh -c 'rdma-up && p2p-tool bench run peers --repeat 2 --json'
	cat "$scratch/out" "$scratch/err"
	jq -e -s '[.[] | select(.type == "record")] | length == 6 and
		all(.verification == "ok" and .count == 2 and
			(.observed.vs_peer | test("^[0-9.]+x$")) and
			(.observed.peer_median | test("^[1-9][0-9]* ")))' "$scratch/out"
}

# Who is not there, or cannot be reached.
test_rdma_no_server() {
	expect 0 lab_run -- sh -c '
		rdma-two
		for where in 192.0.2.1 "192.0.2.77 --timeout 2" 10.0.0.1 "192.0.2.1 --device rxea"; do
			ip netns exec z p2p-tool rdma host:128K --connect $where
			echo "$where: $?"
		done
		ip netns exec a p2p-tool rdma --server --listen 192.0.2.9 host:64K
		echo "listen: $?"
		ip netns exec a p2p-tool rdma --server --device rxeb host:64K
		echo "device: $?"'
	cat "$scratch/out" "$scratch/err"
	diff - "$scratch/out" <<-'END'
		192.0.2.1: 1
		192.0.2.77 --timeout 2: 1
		10.0.0.1: 77
		192.0.2.1 --device rxea: 2
		listen: 1
		device: 77
	END
	grep -q "nobody of our kind listens at port 18520; start 'p2p-tool rdma --server' there" "$scratch/err"
	grep -q '192.0.2.77: no answer within 2 s; is it up' "$scratch/err"
	grep -q '192.0.2.1 is reached through rxez' "$scratch/err"
}

# DMA engines reach a BAR by themselves, and ordinary memory; data is verified, what
# the SSD reads against what it was made of.
test_dma() {
	expect 0 lab_run --timeout 300 -- sh -c 'dma-up
		seq 100000000000000 100000001048575 >/tmp/disk
		dma() { p2p-tool dma "$@" --repeat 2 --warmup 0 --csv; }
		dma vfio:0000:03:00.0/2+1M:16M --engine nvme --lba 0+32768 --expect /tmp/disk --sizes 4K,1M &&
		dma vfio:0000:03:00.0/2+1M:4M --engine nvme --lba 1:65536+16384 --yes-overwrite --sizes 512,64K,2M &&
		dma vfio:0000:06:00.0/2:64K --engine igb --sizes 64,4K &&
		dma vfio:0000:06:00.0/2:64K --engine edu --sizes 64 --iters 4 &&
		dma vfio:0000:06:00.0/2:64K --engine edu --sizes 4K &&
		dma host:1M --engine igb --sizes 64K || exit
		# A byte that is not what the disk has is found.
		printf x | dd of=/tmp/disk bs=1 seek=5000000 conv=notrunc 2>/dev/null
		dma vfio:0000:03:00.0/2+1M:16M --engine nvme --lba 0+32768 --expect /tmp/disk --sizes 1M >/tmp/bad
		[ $? -eq 1 ] && grep "^p2p-tool/1,dma.write,.*,failed,.*offset 0x4c4b40: expected 0x78" /tmp/bad >&2'
	cat "$scratch/out" "$scratch/err"
	[[ $(grep -c '^p2p-tool/1,dma\..*,ok,' "$scratch/out") -eq 102 ]]
	! grep ',failed,' "$scratch/out"
}

# Whatever stands in the way is said: by the tool before it begins, by a time-out, or by
# data that did not arrive though the engine says so. Then everything works again.
test_dma_failures() {
	expect 0 lab_run --timeout 300 -- sh -c 'dma-up
		refused() {
			status=$1 text=$2
			shift 2
			p2p-tool dma "$@" --csv >/tmp/out 2>/tmp/err
			[ $? -eq "$status" ] && grep -q -- "$text" /tmp/err && return
			echo "not $status and \"$text\": $*"
			cat /tmp/out /tmp/err
			exit 1
		}
		# set_command DEVICE OCTAL - its command register, soon: 2 is memory without DMA.
		set_command() {
			(sleep 2; printf "\\$2" | dd of=/sys/bus/pci/devices/$1/config bs=1 seek=4 conv=notrunc 2>/dev/null) &
		}
		bar=vfio:0000:03:00.0/2:64K
		refused 2 "give --lba" $bar --engine nvme
		refused 2 "--yes-overwrite" $bar --engine nvme --lba 0+8192 --op read
		refused 2 "131072 blocks" $bar --engine nvme --lba 131072+1
		refused 77 "no active namespace 9" $bar --engine nvme --lba 9:0+8
		refused 2 "moves at most 4K" $bar --engine edu --sizes 8K
		refused 2 "pieces of 64" $bar --engine igb --sizes 100
		refused 2 "no room for --iters 17" $bar --engine igb --sizes 4K --iters 17
		refused 2 "own device" vfio:0000:04:00.0/0:64K --engine igb
		refused 77 "no engine that this tool can drive" $bar --engine 0000:06:00.0
		refused 77 "no DMABUFs but those of VFIO" udmabuf:64K --engine igb
		set_command 0000:00:07.0 002
		refused 1 "nothing arrived: its DMA was dropped silently" $bar --engine edu --op write --duration 4 --warmup 0
		set_command 0000:04:00.0 002
		refused 1 "time-out: a transfer has not completed" $bar --engine igb --op write --duration 4
		set_command 0000:03:00.0 000
		refused 1 "wrong data at offset 0x0" $bar --engine igb --op write --duration 4
		p2p-tool dma $bar --engine igb --engine edu --sizes 4K --repeat 1 --warmup 0 --csv'
	cat "$scratch/out" "$scratch/err"
}

# An SSD is borrowed and given back, but not when somebody has its disk for himself.
test_dma_bind() {
	expect 0 lab_run -- sh -c '
		nvme="--engine 0000:07:00.0 --lba 0+8192 --sizes 64K --repeat 1 --warmup 0 --csv"
		p2p-tool dma vfio:0000:03:00.0/2:1M $nvme 2>/tmp/err
		[ $? -eq 77 ] && grep -q "bound to nvme, not to vfio-pci.*--bind" /tmp/err || exit
		p2p-tool dma --bind vfio:0000:03:00.0/2:1M $nvme || exit
		for try in 1 2 3 4 5 6 7 8 9 10; do [ ! -b /dev/nvme0n1 ] || break; sleep 1; done
		# As a mount does: nobody else can have it exclusively.
		/lab/tests/exclusively /dev/nvme0n1 p2p-tool dma --bind vfio:0000:03:00.0/2:1M $nvme 2>/tmp/err
		status=$?
		cat /tmp/err
		[ $status -eq 77 ] && grep -q "its disk nvme0n1 is in use" /tmp/err &&
			[ "$(basename $(readlink /sys/bus/pci/devices/0000:07:00.0/driver))" = nvme ]'
	cat "$scratch/out" "$scratch/err"
}

# No transfer makes a system call: eight times as many make as many.
test_dma_system_calls() {
	expect 0 lab_run -- sh -c 'dma-up
		for engine in "nvme --lba 0+8192" igb; do
			for iters in 16 128; do
				# How often a reset is looked at is up to the clock.
				strace -f -c -o /tmp/calls p2p-tool dma vfio:0000:03:00.0/2:1M --engine $engine --sizes 4K \
					--op write --repeat 4 --warmup 1 --iters $iters --csv >/dev/null || exit
				awk "\$4 ~ /^[0-9]+\$/ && \$NF !~ /nanosleep|total/ { print \$NF, \$4 }" /tmp/calls | sort >/tmp/calls.$iters
			done
			grep -q ioctl /tmp/calls.16 && diff /tmp/calls.16 /tmp/calls.128 || exit
			echo "$engine: $(awk "{ n += \$2 } END { print n }" /tmp/calls.16) system calls, with 16 and with 128 transfers a round"
		done'
	cat "$scratch/out"
}

# What a command costs the CPU does not depend on its size, but through a bounce.
test_dma_cost() {
	expect 0 lab_run --counted -- sh -c 'dma-up
		p2p-tool dma vfio:0000:03:00.0/2:4M --engine nvme --lba 0+8192 --sizes 4K,1M --counted --csv &&
		p2p-tool dma vfio:0000:03:00.0/2:4M --engine igb --sizes 4K,64K --op write --counted --csv'
	cat "$scratch/out"
	awk -F, '
		$2 == "dma.write_command" {
			split($5, p, /[=;]/)
			v[p[6], p[2], p[4]] = $10
			figures++
		}
		function check(engine, small, large) {
			direct = v[engine, "direct", large] / v[engine, "direct", small]
			bounce = v[engine, "bounce", large] / v[engine, "bounce", small]
			printf "%s, %s to %s: direct %.4f, at most 1.05; bounce %.1f\n", engine, large, small, direct, bounce
			if (!(direct <= 1.05 && direct >= 0.95 && bounce > 4)) bad = 1
		}
		END {
			if (figures != 8) { print figures + 0 " figures instead of 8"; exit 1 }
			check("nvme", "4K", "1M")
			check("igb", "4K", "64K")
			exit bad
		}' "$scratch/out"
}

# revoke_under_dma ROUNDS - igb and edu, together: nothing is written after the call.
revoke_under_dma() {
	expect 0 lab_run --kernel debug --timeout 3000 -- sh -c "dma-up
		for how in revoke memory-off reset; do
			p2p-tool dma vfio:0000:03:00.0/2+1M:64K --engine igb --engine edu --sizes 4K \
				--revoke \$how --repeat $1 --warmup 0 --csv || exit
		done"
	cat "$scratch/out"
	[[ $(grep -c "^p2p-tool/1,dma\.[a-z_]*,.*,ns,$1,.*,ok,.*igb_after=[1-9].*edu_after=[1-9]" "$scratch/out") -eq 3 ]]
}

test_dma_revoke_debug() {
	revoke_under_dma 20
}

slow_dma_revoke_debug() {
	revoke_under_dma 1000
}

# QEMU's NVMe controller does write later, which is seen and told; and not any more when
# its queue is quiet.
test_dma_late_writes() {
	expect 0 lab_run -- sh -c 'dma-up
		p2p-tool dma vfio:0000:03:00.0/2:1M --engine nvme --lba 2:0+8192 --sizes 64K --revoke revoke \
			--repeat 10 --warmup 0 --csv'
	cat "$scratch/out"
	grep -q '^p2p-tool/1,dma.revoke,.*,ok,.*late_writes=[1-9][0-9]* of 10 rounds: QEMU does not drain' "$scratch/out"
}

slow_importer_segments_stock_and_lab() {
	local kernel
	for kernel in stock-importer lab; do
		expect 0 lab_run --kernel "$kernel" -- /lab/tests/importer segments
		grep segment "$scratch/out" | sort | tee "$scratch/$kernel"
	done
	diff <(grep -v 'no segment' "$scratch/stock-importer") \
		<(grep -v 'of [23] ranges in 0000:06' "$scratch/lab")
	[[ $(grep -c ': bus' "$scratch/lab") -eq 6 && $(grep -c ': host-bridge' "$scratch/lab") -eq 3 ]]
}

# Memory that other drivers publish for P2P.
test_p2pmem_stock_and_patched() {
	local kernel
	for kernel in stock patched; do
		expect 0 lab_run --kernel "$kernel" -- /lab/tests/p2pmem
		tee "$scratch/$kernel" <"$scratch/out"
	done
	diff "$scratch/stock" "$scratch/patched"
}

# Without P2PDMA.
slow_fact_44_no_zone_device() {
	guest_facts 44 no-zone-device -- /lab/tests/no-p2pdma
}

slow_fact_45_i386() {
	guest_facts 45 i386 -- /lab/tests/i386
}

# Fact 47: mappings of BARs are mapped for DMA as before, in all IOMMU modes, of
# which iommufd's type1 is one.
test_fact_47_stock_and_patched() {
	selftests stock vfio_dma_mapping_mmio_test
	selftests patched vfio_dma_mapping_mmio_test
	diff "$scratch/stock" "$scratch/patched"
	grep -q 'ok .*iommufd_compat_type1.map_full_bar$' "$scratch/patched"
}

# What else the series must not change.
slow_selftests_stock_and_patched() {
	local programs=(vfio_dma_mapping_mmio_test vfio_dma_mapping_test vfio_iommufd_setup_test
		vfio_pci_device_init_perf_test vfio_pci_device_test vfio_pci_driver_test)
	selftests stock "${programs[@]}"
	selftests patched "${programs[@]}"
	diff "$scratch/stock" "$scratch/patched"
	[[ $(grep -c '^ok' "$scratch/patched") -gt 80 ]]
}

# The one of the series, in all IOMMU modes, on igb and on a prefetchable BAR. Nothing may
# be skipped but write-combining on the former. (libvfio does not take the accelerators,
# which have a BAR of less than a page.)
dma_buf_selftest() {
	selftests "$1" vfio_pci_dma_buf_test
	[[ $(grep -c '^ok' "$scratch/$1") -eq 45 ]] || fail 'not all tests passed'
	! grep '# SKIP' "$scratch/$1" | grep -v 'memattr # SKIP No write-combining' || fail 'more was skipped'
	selftest_device=0000:07:00.0 selftests "$1" vfio_pci_dma_buf_test
	[[ $(grep -c '^ok' "$scratch/$1") -eq 45 ]] || fail 'not all tests passed on a prefetchable BAR'
	! grep '# SKIP' "$scratch/$1"
}

test_selftest_dma_buf_patched() {
	dma_buf_selftest patched
}

test_selftest_dma_buf_debug() {
	dma_buf_selftest debug
}

# storm KERNEL SECONDS [ARGUMENT...] - mappings, revokes, resets, closes at once.
storm() {
	local kernel=$1 seconds=$2
	shift 2
	guest_facts '40 43' "$kernel" --timeout $((seconds * 4 + 300)) "$@" -- sh -c "
		/lab/tests/storm $seconds && /lab/tests/storm $seconds 0000:04:00.0 1"
}

test_storm_patched() {
	storm patched 8 --smp 4
}

test_storm_debug() {
	storm debug 12 --smp 2
}

# The places where threads race are made wide.
delayed_storm() {
	guest_facts '40 43' debug --timeout $(($1 * 4 + 300)) --smp "$2" -- sh -c "
		for delay in /sys/kernel/debug/vfio_pci_inject/delay_*; do
			echo 300 >\$delay || exit
		done
		/lab/tests/storm $1"
}

test_delayed_storm_debug() {
	delayed_storm 12 2
}

# Memory attributes that change under everybody's hands.
memattr_storm() {
	guest_facts '39 40' "$1" --timeout $(($2 * 4 + 300)) --smp 2 -- /lab/tests/storm-memattr "$2"
}

test_memattr_storm_patched() {
	memattr_storm patched 8
}

test_memattr_storm_debug() {
	memattr_storm debug 12
}

# Huge pages that are on their way while they are to be zapped.
# fact_58 KERNEL - pages of both sizes, moved and split.
fact_58() {
	guest_facts 58 "$1" --smp 2 --bar-size 1G -- sh -c '
		for order in 9 18; do
			/lab/tests/storm-moves 7 "$order" && /lab/tests/storm-moves 5 "$order" split || exit
		done'
}

test_fact_58_patched() {
	fact_58 patched
}

test_fact_58_debug() {
	fact_58 debug
}

slow_memattr_storm_debug() {
	memattr_storm debug 200
}

slow_storm_debug() {
	storm debug 200 --smp 4
}

slow_delayed_storm_debug() {
	delayed_storm 200 4
}

# Races in what the series touches; the rest of the kernel has its own.
slow_storm_kcsan() {
	local status=0
	lab_run --kernel kcsan --smp 4 --timeout 600 --console "$scratch/console" -- /lab/tests/storm 60 \
		>"$scratch/out" 2>"$scratch/err" || status=$?
	cat "$scratch/out"
	[[ $status -eq 0 || $status -eq 120 ]] || { cat "$scratch/err"; fail "status $status"; }
	! grep 'FAIL' "$scratch/out"
	grep -A1 'BUG: KCSAN' "$scratch/console" >"$scratch/races" || true
	! grep -E 'vfio_pci|vfio_device|dma_buf' "$scratch/races"
}

slow_fault_injection_debug() {
	expect 0 lab_run --kernel debug -- /lab/tests/fault-injection
	cat "$scratch/out"
}

# With a splat in the console the lab would fail; the results are in debugfs.
test_kunit_debug() {
	expect 0 lab_run --kernel debug -- sh -c \
		'modprobe vfio_pci_dmabuf_kunit && cat /sys/kernel/debug/kunit/vfio-pci-dmabuf/results'
	cat "$scratch/out"
	grep -q '^ok 1 vfio-pci-dmabuf' "$scratch/out"
}

# What the series costs in instructions is within the bounds of bench/gates.
test_cost_of_the_series() {
	[[ $(kernel_base_state) == pinned ]] || skip 'the gates are for the pinned base'
	"$LAB_ROOT/lab" ab stock patched --suite map --counted --out "$scratch/ab" || [[ $? -eq 1 ]]
	check_gates counted:map "$scratch"/ab/*.jsonl >"$scratch/gates" ||
		{ cat "$scratch/gates"; fail "$(grep -v '^ok' "$scratch/gates" | head -n 1)"; }
	cat "$scratch/gates"
}

# The same in time, of which an emulated machine can tell little.
slow_timed_gates() {
	[[ $(kernel_base_state) == pinned ]] || skip 'the gates are for the pinned base'
	"$LAB_ROOT/lab" ab stock patched --suite map --runs 6 --out "$scratch/ab" || [[ $? -eq 1 ]]
	lab_run --out "$scratch/peers" --timeout 1200 -- \
		sh -c 'rdma-up && p2p-tool bench run peers --output /lab/out/A.1.jsonl'
	{ check_gates timed:map "$scratch"/ab/*.jsonl && check_gates timed:peers "$scratch"/peers/*.jsonl; } >"$scratch/gates" ||
		{ cat "$scratch/gates"; fail "$(grep -v '^ok' "$scratch/gates" | head -n 1)"; }
	cat "$scratch/gates"
}

# A gate that does not hold is found, and a line that is none.
test_gates_can_fail() {
	mkdir -p "$scratch/bench"
	cp -r "$LAB_ROOT/bench/gates" "$scratch/bench/"
	echo '{"type":"environment","lab_kernel":"stock"}' | tee "$scratch/A.1.jsonl" >"$scratch/B.1.jsonl"
	sed -i s/stock/patched/ "$scratch/B.1.jsonl"
	for side in A:100 B:110; do
		jq -c -n --argjson median "${side#*:}" '{type: "record", measurement: "map.mmap", buffer: "host:4K",
			params: {via: "device"}, median: $median, baseline: null, skipped: null}' >>"$scratch/${side%:*}.1.jsonl"
	done
	gate() {
		echo "$1" >"$scratch/bench/gates"
		LAB_ROOT=$scratch check_gates counted:map "$scratch"/*.1.jsonl
	}
	gate 'counted:map patched:map.mmap[buffer=host:* via=device] / stock <= 1.1'
	! gate 'counted:map patched:map.mmap[buffer=host:* via=device] / stock <= 1.09' || fail 'more than the bound passes'
	! gate 'counted:map patched:map.mmap[buffer=host:* via=device] / stock >= 1.11' || fail 'less than the bound passes'
	gate 'counted:map patched:map.mmap[buffer=host:* via=device] - stock <= 10'
	! gate 'counted:map patched:map.mmap[buffer=host:* via=device] - stock <= 9' || fail 'a difference beyond the bound passes'
	! gate 'counted:map patched:map.mmap[buffer=host:8K via=device] / stock <= 2' || fail 'a cell that is not there passes'
	! gate 'counted:map patched:map.mmap / stock <= 2' || fail 'what is no gate passes'
	jq -c -n '{type: "record", measurement: "peers.write", buffer: "host:4K", params: {}, median: 1, skipped: null,
		observed: {vs_peer: "0.8x (0.7x to 0.9x)"}}' >>"$scratch/B.1.jsonl"
	gate 'counted:map patched:peers.write[buffer=host:4K] / peer >= 0.9'
	! gate 'counted:map patched:peers.write[buffer=host:4K] / peer >= 0.91' || fail 'an interval beyond the bound passes'
	! gate 'counted:map patched:peers.write[buffer=host:4K] / peer <= 0.69' || fail 'an interval beyond the bound passes'
	! gate '# none' || fail 'no gate at all passes'
}

# What mmap() places has huge pages, from all kinds of address spaces. The last munmap() of
# a BAR releases the DMABUF that mmap() made.
test_cost_of_plain_mappings() {
	expect 0 lab_run --kernel patched --counted -- /lab/tests/costs-plain
	tee "$scratch/costs" <"$scratch/out"
	awk '
		function at_most(what, value, bound) {
			figures++
			if (!(value <= bound)) { print what ": " value ", at most " bound; bad = 1 }
		}
		/[.]touch / { at_most($1, $2, 140000) }
		/[.]faults / { at_most($1, $2, 32) }
		/^dmabuf[.].*[.]munmap / { at_most($1, $2, 12000) }
		/^bar[.].*[.]munmap / { at_most($1 " with a release", $2, 12000 + 1800) }
		END {
			if (figures < 2 * 3 * 11) { print "only " figures + 0 " figures"; exit 1 }
			exit bad
		}' "$scratch/costs"
}

# The same for taking access away, and how that and finding a page grow.
test_cost_of_revoking() {
	local kernel
	for kernel in stock patched; do
		expect 0 lab_run --kernel "$kernel" --counted -- /lab/tests/costs
		grep -v '^ok' "$scratch/out" | sed "s/^/$kernel /"
	done | tee "$scratch/costs"
	awk '
		function at_most(what, value, bound) {
			printf "%s: %.4f, at most %s\n", what, value, bound
			if (!(value <= bound)) bad = 1
		}
		{ v[$1, $2] = $3; figures++ }
		function page(kernel) {
			return (v[kernel, "munmap.2MiB-touched"] - v[kernel, "munmap.2MiB-untouched"]) / 512
		}
		function slice(n) {
			return (v["patched", "toggle.slices-" n] - v["patched", "toggle.nothing"]) / n
		}
		function fault(n) { return v["patched", "fault.ranges-" n] - v["patched", "fault.ranges-1"] }
		END {
			if (figures != 17) { print figures + 0 " figures instead of 17"; exit 1 }
			at_most("munmap per page", page("patched") / page("stock"), 1.05)
			at_most("memory off and on, nothing touched: more by",
				v["patched", "toggle.nothing"] - v["stock", "toggle.nothing"], 3000)
			at_most("memory off and on, 64 MiB touched",
				v["patched", "toggle.64MiB"] / v["stock", "toggle.64MiB"], 1.05)
			at_most("memory off and on, a slice of 1024 to one of 64", slice(1024) / slice(64), 1.1)
			for (n = 64; n <= 1024; n *= 16)
				at_most("revoke of one of " n,
					v["patched", "revoke.one-of-" n] / v["patched", "revoke.one-of-1"], 1.1)
			# 12 steps of a search to 4
			at_most("finding a page in 4096 ranges to 16", fault(4096) / fault(16), 4)
			exit bad
		}' "$scratch/costs"
}

# The queue's first work: on stock KASAN finds it, with the series nothing does.
test_stale_file_debug() {
	expect 0 lab_run --kernel debug -- /lab/tests/stale-file
}

test_stale_file_patched() {
	expect 0 lab_run --kernel patched -- /lab/tests/stale-file
}

slow_stale_file_stock_debug_complains() {
	expect 120 lab_run --kernel stock-debug -- /lab/tests/stale-file
	grep -q 'KASAN: .*use-after-free' "$scratch/err" || { cat "$scratch/err"; fail 'the complaint is not the one expected'; }
}
