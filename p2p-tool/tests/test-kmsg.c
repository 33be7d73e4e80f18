// SPDX-License-Identifier: GPL-2.0-only
/* Whose DMA an IOMMU's driver complains of. */
#include "core/kmsg.h"
#include "unit.h"

static const struct bdf nic = { 0, 4, 0, 0 }, other = { 0, 4, 0, 1 };

static void test_fault(void **state)
{
	static const char *const lines[] = {
		"DMAR: [DMA Write NO_PASID] Request device [0000:04:00.0] fault addr 0x80000 "
		"[fault reason 0x05] PTE Write access is not set",
		"DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0x1000 [fault "
		"reason 0x06] PTE Read access is not set",
		"vfio-pci 0000:04:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000c "
		"address=0xfd000000 flags=0x0020]",
		"arm-smmu-v3 arm-smmu-v3.0.auto: event: F_TRANSLATION client: 0000:04:00.0 sid: "
		"0x400 ssid: 0x0 iova: 0x1000 ipa: 0x0",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_true(kmsg_is_fault(lines[i], &nic));
		assert_false(kmsg_is_fault(lines[i], &other));
	}
}

static void test_other_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"vfio-pci 0000:04:00.0: resetting",
		"DMAR: DRHD: handling fault status reg 2",
		"DMAR: Intel(R) Virtualization Technology for Directed I/O",
		"AMD-Vi: Interrupt remapping enabled",
		"igb 0000:04:00.0: fault in something else",
		"pci 0000:04:00.0: Adding to iommu group 4",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(kmsg_is_fault(lines[i], &nic));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
