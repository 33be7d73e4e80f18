#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Bad input to the commands that measure: one line that names the object and the
# remedy, the documented exit status, and no file left behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

# A PCI function that is nowhere.
absent=ffffffff:ff:1f.7
file=$tmp/records

# expect_usage TEXT...: as expect_error 2, and no file was made.
expect_usage()
{
	expect_error 2 "$@"
	set -- "$file"*
	[ "$*" = "$file*" ] || fail "it left $*"
}

for name in map copy; do
	run $name
	expect_usage 'no buffer' "p2p-tool $name --help"
	run $name host:4K host:8K
	expect_usage host:8K
	run $name --csv --output "$file" ''
	expect_usage "buffer ''" vfio: host: udmabuf: heap: drm:

	# Buffers, each wrong in one way; test-bufspec has more.
	for buffer in frob:4K 0000:01:00.0/2; do
		run $name --csv --output "$file" $buffer
		expect_usage "buffer '$buffer'" 'not a kind of buffer' vfio: host:
	done
	for buffer in vfio:0000:01:00/2 vfio:01:00.8/0 vfio:x/0; do
		run $name --csv --output "$file" $buffer
		expect_usage "buffer '$buffer'" 'not a PCI address' vfio:BDF/BAR
	done
	for bar in 6 10 -1 x 0x0 ''; do
		run $name --csv --output "$file" vfio:$absent/$bar
		expect_usage "'$bar' is not a BAR, which is 0 to 5" vfio:BDF/BAR
	done
	run $name --csv --output "$file" vfio:$absent/0+100:4K
	expect_usage 'offset 100 is not a multiple' 4096
	run $name --csv --output "$file" vfio:$absent/0+4K:100
	expect_usage 'length 100 is not a multiple' 4096
	run $name --csv --output "$file" vfio:$absent/0:0
	expect_usage 'the length is 0'
	run $name --csv --output "$file" vfio:$absent/0+15E:1E
	expect_usage 'do not fit 64 bits'
	run $name --csv --output "$file" vfio:$absent/0+20E:4K
	expect_usage "offset '20E' does not fit"
	run $name --csv --output "$file" host:0
	expect_usage 'the length is 0' host:LENGTH
	run $name --csv --output "$file" udmabuf:1000
	expect_usage 'length 1000 is not a multiple' udmabuf:LENGTH
	run $name --csv --output "$file" heap::4K
	expect_usage 'name is missing' heap:NAME:LENGTH
	run $name --csv --output "$file" heap:../null:4K
	expect_usage "'../null' is not the name" heap:NAME:LENGTH

	# What is not here: 77, nothing written.
	run $name --csv --output "$file" vfio:$absent/0:4K
	expect_error 77 $absent 'p2p-tool list'
	run $name --csv --output "$file" heap:no-such-heap:4K
	expect_error 77 /dev/dma_heap/no-such-heap
	[ ! -e "$file" ] || fail "a file was written"

	# Numbers and names of options.
	for rounds in 0 -1 x 1.5 99999999999999999999 ''; do
		run $name --repeat "$rounds" host:4K
		expect_usage "--repeat '$rounds'" 'from 1 to'
	done
	run $name --warmup x host:4K
	expect_usage "--warmup 'x'"
	run $name --via frob host:4K
	expect_usage "--via 'frob'"
	run $name --memattr frob host:4K
	expect_usage "--memattr 'frob'" 'uc, wc or both'
	run $name --via device --memattr both vfio:$absent/0:4K
	expect_usage --memattr '--via dmabuf'
	run $name --memattr wc host:4K
	expect_error 77 host:4K 'no choice of memory attributes' vfio:
	run $name --path frob host:4K
	expect_usage "--path 'frob'" cdev group noiommu

	# Where the output goes.
	run $name --json --csv host:4K
	expect_usage '--json and --csv' 'choose one'
	run $name --append host:4K
	expect_usage --append --output
	run $name --csv --output "$tmp/none/records" host:4K
	expect_error 1 "$tmp/none/records" 'No such file or directory' 'create its directory'
	run $name --csv --output /proc/nonesuch host:4K
	expect_error 1 /proc/nonesuch 'another directory'
	run $name --csv --output '' host:4K
	expect_usage 'output is empty'
	run $name --csv --output "$tmp" host:4K
	expect_error 2 "$tmp" 'directory'
	echo 'not a record' >"$file"
	run $name --csv --output "$file" --append host:4K
	expect_error 2 "$file" 'nothing is appended'
	[ "$(cat "$file")" = 'not a record' ] || fail "it changed the file"
	rm "$file"
done

# More than any machine has.
run map host:1P
expect_error 77 host:1P 'less memory' 'smaller length'

# Everybody's records stay when several append at a time.
"$P2P_TOOL" map --repeat 1 --warmup 0 --csv --output "$file" host:4K >/dev/null
alone=$(wc -l <"$file")
for _ in 1 2 3 4 5 6 7 8; do
	"$P2P_TOOL" map --repeat 1 --warmup 0 --csv --append --output "$file" host:4K >/dev/null &
done
wait
[ "$(wc -l <"$file")" -eq $((alone + 8 * (alone - 1))) ] || fail "$(wc -l <"$file") lines, of 9 x $alone"
rm "$file"

run map --ranges 2 host:4K
expect_usage 'only DMABUFs of VFIO have ranges'
run map --ranges 2 --via both vfio:ffff:ff:1f.7/2
expect_usage 'only the DMABUF has ranges'
run map --ranges 2 --align 2M vfio:ffff:ff:1f.7/2
expect_usage '--ranges and --align'
run map --ranges 0 vfio:ffff:ff:1f.7/2
expect_usage '--ranges'
run map --dmabufs 2 host:4K
expect_usage 'ordinary memory has none'
run revoke --dmabufs 0 vfio:ffff:ff:1f.7/2
expect_usage '--dmabufs'
run map --read-only host:4K
expect_usage --read-only 'ordinary memory has no DMABUF'
run map --read-only --via device vfio:ffff:ff:1f.7/2
expect_usage --read-only 'only the DMABUF' '--via dmabuf'
run map --align 1E host:64K
expect_usage 'host:64K' 'at a multiple of 1E' 'a smaller --align'
run map --align 3 host:4K
expect_usage "--align '3'" 'power of two'
run map --via dmabuf host:4K
expect_error 77 host:4K 'no DMABUF' udmabuf:
# rdma
if "$P2P_TOOL" --version | grep -q '^  rdma  *no'; then
	run rdma host:64K
	expect_error 77 'built without RDMA' libibverbs-dev
else
	run rdma --op frob host:64K
	expect_usage "--op 'frob'" 'give write'
	run rdma --op write,frob host:64K
	expect_usage "--op 'frob'"
	for option in qps depth cq-mod iters; do
		for number in 0 x -1 '' 99999999; do
			run rdma --$option "$number" host:64K
			expect_usage "option --$option '$number'" 'give a number from 1 to'
		done
	done
	for seconds in 0 -1 x '' nan; do
		run rdma --duration "$seconds" host:64K
		expect_usage "--duration '$seconds'" 'give seconds'
	done
	run rdma --gid 256 host:64K
	expect_usage "--gid '256'"
	run rdma --sizes 128K host:64K
	expect_usage 'host:64K: no room for messages of 128K' --sizes
	run rdma --sizes 64K --bidir host:64K
	expect_usage 'host:64K: no room' twice
	run rdma --csv --output "$file" --device nonesuch0 host:64K
	expect_error 77 'nonesuch0: there is no such RDMA device' 'list --rdma'
fi

# drm
run copy --csv --output "$file" drm:../mem:4K
expect_usage "'../mem' is not the name of a node" drm:NODE:LENGTH
if "$P2P_TOOL" --version | grep -q '^  drm  *no'; then
	run drm --csv --output "$file" host:4K
	expect_error 77 'built without DRM' libdrm-dev
	run map --csv --output "$file" drm:card0:4K
	expect_error 77 'built without DRM' libdrm-dev
else
	run drm
	expect_usage 'no buffer' 'p2p-tool drm --help'
	run drm --node '' host:4K
	expect_usage '--node: is empty' 'list --drm'
	run drm --sizes 8K host:4K
	expect_usage 'host:4K: cannot copy 8K' --sizes
	run drm --csv --output "$file" host:4K
	expect_error 77 'host:4K: this kind of memory has no DMABUF' udmabuf:
	run map --csv --output "$file" drm:no-such-node:4K
	expect_error 77 '/dev/dri/no-such-node: No such file' 'list --drm'
	run map --csv --output "$file" drm:card0:100
	expect_usage 'drm:card0:100: 100 bytes are not whole pages'
	[ ! -e "$file" ] || fail "a file was written"
fi

# revoke and vend
run revoke host:4K
expect_usage host:4K 'only VFIO' vfio:BDF/BAR
for number in -1 x 1025 ''; do
	run revoke --mappers "$number" vfio:$absent/2
	expect_usage "--mappers '$number'" 'from 0 to 1024'
done
run revoke --mappers 0 --busy vfio:$absent/2
expect_usage --busy --mappers --importers
run revoke --importers rdma,frob vfio:$absent/2
expect_usage "--importers 'rdma,frob'" 'give rdma, drm or both' frob
for list in '' ',' ',,'; do
	run revoke --importers "$list" vfio:$absent/2
	expect_usage "--importers '$list'" 'give rdma, drm or both'
done
run revoke --importers rdma --read-only vfio:$absent/2
expect_usage --read-only '--importers rdma'
run revoke --importers drm --device rxe0 vfio:$absent/2
expect_usage --device '--importers rdma'
run revoke --importers rdma --node card0 vfio:$absent/2
expect_usage --node '--importers drm'
run revoke --importers drm,rdma --node card0 --device rxe0 --mappers 0 --busy vfio:$absent/2
expect_error 77 $absent 'p2p-tool list'
run vend vfio:$absent/2
expect_usage --socket --client
run vend --socket "$file" --client "$file"
expect_usage --socket --client
run vend --socket '' vfio:$absent/2
expect_usage '--socket: is empty' 'path of a unix socket'
run vend --client ''
expect_usage '--client: is empty' 'path of a unix socket'
run vend --socket "$file"
expect_usage 'no buffer'
run vend --socket "$file" udmabuf:4K
expect_usage udmabuf:4K 'only VFIO' vfio:BDF/BAR
run vend --socket "$file" --slices 3 vfio:$absent/2:8K
expect_usage vfio:$absent/2:8K '3 slices' --slices
for number in 0 -1 x 1025; do
	run vend --socket "$file" --slices "$number" vfio:$absent/2
	expect_usage "--slices '$number'" 'from 1 to 1024'
done
for time in 0 -1 x 1e99 nan; do
	run vend --socket "$file" --hold "$time" vfio:$absent/2
	expect_usage "--hold '$time'" seconds
done
run vend --socket "$file" --repeat 3 vfio:$absent/2
expect_usage --repeat clients
run vend --client "$file" --read-only
expect_usage --read-only owner
run vend --client "$file" vfio:$absent/2
expect_usage vfio:$absent/2 'owner chooses'
run vend --client "$file"
expect_error 1 "$file" 'no owner listens' --socket
run vend --client "$(printf '%0200d' 1)"
expect_usage 'shorter path'
run vend --socket "$file" vfio:$absent/2
expect_error 77 $absent 'p2p-tool list'

run copy --sizes 0 host:4K
expect_usage "--sizes '0'"
run copy --sizes 4K..1K host:4K
expect_usage "--sizes '4K..1K'"
run copy --sizes 4K, host:4K
expect_usage "--sizes '4K,'"
for sizes in 4K,4K 4K..64K,0x4000 1K,512..2K; do
	run copy --csv --output "$file" --sizes "$sizes" host:64K
	expect_usage "--sizes '$sizes': a size is there twice"
done
run copy --sizes 8K host:4K
expect_usage host:4K 8K --sizes
run copy --routine frob host:4K
expect_usage frob 'p2p-tool copy --help'

run dma host:64K
expect_usage 'no engine' --engine
run dma --engine frob host:64K
expect_usage "--engine 'frob'" igb
run dma --engine edu
expect_usage 'no buffer'
for range in 5 5+ 5+0 -5+1 0:5+1 5..7; do
	run dma --engine nvme --lba "$range" host:64K
	expect_usage "--lba '$range'" FIRST+COUNT
done
run dma --engine edu --op erase host:64K
expect_usage "--op 'erase'" 'write, read or both'
for number in 0 65 x; do
	run dma --engine edu --depth "$number" host:64K
	expect_usage "--depth '$number'" 'from 1 to 64'
done
run dma --engine edu --engine igb --engine nvme --engine edu --engine igb host:64K
expect_usage "--engine 'igb'" fewer
run dma --engine edu --revoke frob host:64K
expect_usage "--revoke 'frob'" memory-off
run dma --engine edu --revoke reset host:64K
expect_usage host:64K 'only VFIO' vfio:BDF/BAR
run dma --engine edu --sizes 128K host:64K
expect_usage host:64K 128K --sizes
run dma --engine nvme --expect "$file" host:64K
expect_usage "--expect '$file'" --lba
run dma --engine nvme --lba 0+8 --yes-overwrite --expect "$file" host:64K
expect_usage "--expect '$file'" --yes-overwrite
run dma --engine $absent host:64K
expect_error 77 $absent 'p2p-tool list'

run bench
expect_usage 'bench --help'
run bench frob
expect_usage 'bench frob'
run bench run
expect_usage 'no suite' --list
run bench run --csv --output "$file" no-such-suite
expect_usage 'no-such-suite: no such suite'
run bench run --csv --output "$file" "$tmp/no-such.suite"
expect_usage "$tmp/no-such.suite"
printf 'map host:4K\nmap host:0\n' >"$tmp/bad.suite"
run bench run --csv --output "$file" "$tmp/bad.suite"
expect_usage "$tmp/bad.suite:2" 'the length is 0'
# Found before the first line runs, which would take forever.
printf 'map --repeat 1000000 host:64M\ncopy --sizes 8K host:4K\n' >"$tmp/bad.suite"
run bench run --csv --output "$file" "$tmp/bad.suite"
expect_usage "$tmp/bad.suite:2" 8K
printf 'map --repeat 1000000 host:64M\ncopy --routine frob host:4K\n' >"$tmp/bad.suite"
run bench run --csv --output "$file" "$tmp/bad.suite"
expect_usage "$tmp/bad.suite:2" frob
printf 'map @bar\n' >"$tmp/open.suite"
run bench run --csv --output "$file" "$tmp/open.suite"
expect_usage "$tmp/open.suite:1" @bar --buffer
run bench run --buffer x "$tmp/open.suite"
expect_usage "--buffer 'x'" NAME=SPEC
run bench run --buffer bar=host:0 "$tmp/open.suite"
expect_usage 'host:0' 'the length is 0'
printf 'list\n' >"$tmp/list.suite"
run bench run "$tmp/list.suite"
expect_usage "$tmp/list.suite:1" "'list' does not measure"
printf 'map host:4K --output %s\n' "$file" >"$tmp/output.suite"
run bench run "$tmp/output.suite"
expect_usage "$tmp/output.suite:1" 'bench run'

# Output that cannot be written, where measuring itself went well.
for arguments in 'map host:64K' 'map host:64K --csv' 'copy host:64K --csv'; do
	command="p2p-tool $arguments --repeat 2 --warmup 0 >/dev/full"
	# shellcheck disable=SC2086
	"$P2P_TOOL" $arguments --repeat 2 --warmup 0 >/dev/full 2>"$tmp/err"
	status=$?
	: >"$tmp/out"
	expect_error 1 'standard output' 'No space left on device'
done

# With standard output closed, the file must not take its place.
command="p2p-tool map --csv --output $file host:64K >&-"
"$P2P_TOOL" map --csv --output "$file" --repeat 2 --warmup 0 host:64K >&- 2>"$tmp/err"
status=$?
: >"$tmp/out"
expect_error 1 'standard output'
grep -vE '^(schema|p2p-tool/1),' "$file" >"$tmp/out" && fail "the file has more than records"

if feature json; then
	run map host:64K --repeat 2 --warmup 0 --output /dev/full
	expect_status 1
	grep -q '^p2p-tool: /dev/full: No space left' "$tmp/err" || fail "no word of /dev/full"
fi

finish
