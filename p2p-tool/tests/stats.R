# SPDX-License-Identifier: GPL-2.0-only
# Does R, which is not ours, find the same as core/stats? Reads what
# stats-cases prints; complains and ends with 1 where they differ.

checked <- c(test = 0, exact = 0, median = 0, holm = 0)
bad <- 0

same <- function(what, line, ours, theirs, tolerance = 1e-9) {
	both_missing <- is.na(ours) & is.na(theirs)
	close <- abs(ours - theirs) <= tolerance * abs(theirs)
	if (!all(both_missing | (!is.na(close) & close))) {
		cat(sprintf("line %d: %s: ours %s, R's %s\n", line, what,
			    paste(format(ours, digits = 12), collapse = " "),
			    paste(format(theirs, digits = 12), collapse = " ")))
		bad <<- bad + 1
	}
}

# On logarithms a difference is a ratio.
check_test <- function(line, v) {
	m <- v[1]
	n <- v[2]
	a <- log(v[3:(2 + m)])
	b <- log(v[(3 + m):(2 + m + n)])
	ours <- tail(v, 4)
	ties <- anyDuplicated(c(a, b)) > 0
	exact <- !ties && m <= 50 && n <= 50
	r <- suppressWarnings(wilcox.test(b, a, exact = exact, conf.int = exact))
	p <- if (is.nan(r$p.value)) 1 else r$p.value # all values are equal
	same("p", line, ours[1], p)
	same("ratio", line, ours[2], exp(median(outer(b, a, "-"))))
	if (exact) {
		# Where no interval reaches 95 %, R gives the widest one.
		if (2 / choose(m + n, n) > 0.05)
			same("interval", line, ours[3:4], c(NA, NA))
		else
			same("interval", line, ours[3:4], exp(r$conf.int[1:2]))
		checked["exact"] <<- checked["exact"] + 1
	}
}

check_median <- function(line, v) {
	n <- v[1]
	x <- sort(v[2:(1 + n)])
	k <- qbinom(0.025, n, 0.5)
	interval <- if (k < 1) c(NA, NA) else c(x[k], x[n + 1 - k])
	same("median", line, v[2 + n], median(x))
	same("interval of the median", line, v[3:4 + n], interval)
}

check_holm <- function(line, v) {
	n <- v[1]
	same("Holm", line, v[(2 + n):(1 + 2 * n)], p.adjust(v[2:(1 + n)], "holm"))
}

input <- readLines(con <- file("stdin"))
close(con)
for (i in seq_along(input)) {
	words <- strsplit(input[i], " ")[[1]]
	values <- as.numeric(words[-1])
	switch(words[1],
	       test = check_test(i, values),
	       median = check_median(i, values),
	       holm = check_holm(i, values),
	       stop("unknown case: ", words[1]))
	checked[words[1]] <- checked[words[1]] + 1
}
cat(sprintf("%d %s\n", checked, names(checked)), sep = "")
if (bad > 0 || any(checked == 0))
	quit(status = 1)
