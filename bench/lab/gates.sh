# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The ratios of bench/gates. Sourced.

# check_gates MODE:SUITE RECORDS... - print every gate with its value; status 1
# when one does not hold, 2 when the file is wrong. RECORDS are those of './lab ab'.
check_gates() {
	local mode=$1
	shift
	jq -n -r --rawfile gates "$LAB_ROOT/bench/gates" --arg mode "$mode" "$GATES_JQ" "$@" |
		awk -F '\t' '{ print $1 } $2 != "ok" { status = status > $2 ? status : $2 } END { exit NR ? status : 2 }'
}

# For each gate "TEXT<tab>ok", or 1 when it does not hold, or 2 when it is none.
# shellcheck disable=SC2016 # variables of jq
GATES_JQ='
def selector: split(" ") | map(capture("^(?<key>[^=]+)=(?<value>.*)$"));
def figure: capture("^(?<kernel>[a-z0-9-]+):(?<measurement>[a-z0-9_.-]+)\\[(?<selector>[^]]*)\\]$")
	| .selector |= selector;
def other($same):
	if . == "baseline" then $same + {baseline: true}
	elif . == "peer" then $same + {peer: true}
	elif test("^[a-z0-9-]+$") then $same + {kernel: .}
	else figure end;
def gate:
	capture("^(?<mode>(counted|timed):[a-z0-9-]+) (?<left>.*) (?<by>[/-]) (?<right>.*) (?<op><=|>=) (?<bound>[0-9.]+)$")
	| .figure = (.left | figure) | .figure as $f | .other = (.right | other($f)) | .bound |= tonumber;

def pattern: gsub("[.+()]"; "\\\(.)") | gsub("\\*"; ".*") | "^\(.)$";
def matches($f): . as $r | .measurement == $f.measurement and .skipped == null and ($f.selector | all(
	if .key == "buffer" then . as $s | $r.buffer | test($s.value | pattern)
	else $r.params[.key] == .value end));

# The value of a figure in each run, null where there is not just one such cell.
def values($runs; $f): $runs | map(select(.kernel == $f.kernel)) | map(
	[.records[] | select(matches($f)) | if $f.baseline then .baseline.median else .median end]
	| if length == 1 then .[0] else null end);

# The ends of the intervals of ratios to a peer, likewise; null without an interval.
def peers($runs; $f): $runs | map(select(.kernel == $f.kernel)) | map(
	[.records[] | select(matches($f)) | .observed.vs_peer]
	| if length == 1 then .[0] | [capture("\\((?<low>[0-9.]+)x to (?<high>[0-9.]+)x\\)$") | .low, .high | tonumber]
	  else [] end | if length == 2 then .[] else null end);

def short: . * 1000 | round / 1000;
def verdict($g; $runs):
	(if $g.other.peer then peers($runs; $g.figure) else values($runs; $g.figure) end) as $a
	| (if $g.other.peer then $a | map(. and 1) else values($runs; $g.other) end) as $b
	| if ($a | length) == 0 or ($a | length) != ($b | length) or ($a + $b | any(. == null)) then
		"not measured, or in more than one cell" as $why | ["FAIL \($g.text): \($why)", 1]
	  elif ($g.mode | startswith("timed")) and ($g.other.peer | not) and ($a | length) < 6 then
		["FAIL \($g.text): \($a | length) runs, 6 are needed", 1]
	  else
		(if $g.other.peer then $a else [range($a | length) | if $g.by == "/" then $a[.] / $b[.] else $a[.] - $b[.] end] end | sort) as $ratios
		| (if $g.op == "<=" then $ratios[0] <= $g.bound else $ratios[-1] >= $g.bound end) as $holds
		| "\($ratios[0] | short)\(if $ratios[0] == $ratios[-1] then "" else "..\($ratios[-1] | short)" end)" as $is
		| ["\(if $holds then "ok  " else "FAIL" end) \($g.text): is \($is)", if $holds then "ok" else 1 end]
	  end;

[inputs | . + {file: input_filename}] as $lines
| [$lines | group_by(.file)[] | {kernel: (map(select(.type == "environment"))[0].lab_kernel),
	run: (.[0].file | capture("\\.(?<n>[0-9]+)\\.jsonl$").n | tonumber),
	records: map(select(.type == "record"))}] | sort_by(.run) as $runs
| [$gates | split("\n") | to_entries[] | select(.value | test("^[^#]")) | {number: (.key + 1), text: .value}] as $all
| ($all | map(select(.text | [gate] == []))[] | ["bench/gates:\(.number): not a gate: \(.text)", 2]),
  ($all[] | . as $line | .text | gate | select(.mode == $mode) | . + {text: $line.text} | verdict(.; $runs))
| @tsv'
