# SPDX-License-Identifier: ISC
# spread.awk - "median (min..max)" of the @n numbers of a list, which is sorted; "-" if there are none
function spread(list, n,   i, j, v) {
	for (i = 2; i <= n; i++) {
		v = list[i]
		for (j = i - 1; j >= 1 && list[j] > v; j--) list[j + 1] = list[j]
		list[j + 1] = v
	}
	if (n == 0) return "-"
	return sprintf("%.3f (%.3f..%.3f)",
		n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2, list[1], list[n])
}
