// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>

#include "copy-routines.h"

/* Words of any type, as the memory behind them has none. */
typedef uint64_t __attribute__((may_alias)) word;

static bool always(void)
{
	return true;
}

static void plain_copy(void *dst, const void *src, size_t n)
{
	const volatile word *from = src;
	volatile word *to = dst;
	const volatile uint8_t *from_byte;
	volatile uint8_t *to_byte;

	for (; n >= sizeof(word); n -= sizeof(word))
		*to++ = *from++;
	from_byte = (const volatile uint8_t *)from;
	to_byte = (volatile uint8_t *)to;
	while (n--)
		*to_byte++ = *from_byte++;
}

static void libc_copy(void *dst, const void *src, size_t n)
{
	memcpy(dst, src, n);
}

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

/* Bytes from p to the next multiple of width, at most n. */
static size_t bytes_to_align(const void *p, size_t width, size_t n)
{
	size_t skew = -(uintptr_t)p & (width - 1);

	return skew < n ? skew : n;
}

/*
 * NAME_write() and NAME_read() with accesses of WIDTH bytes to the device,
 * compiled for the instruction set ISA. Only the device's side is volatile
 * and aligned.
 */
#define VECTOR_COPY(name, isa, width)                                                              \
	typedef char __attribute__((vector_size(width), may_alias)) name##_vec;                    \
	typedef char __attribute__((vector_size(width), may_alias, aligned(1))) name##_any;        \
                                                                                                   \
	__attribute__((target(isa))) static void name##_write(void *dst, const void *src,          \
							      size_t n)                            \
	{                                                                                          \
		size_t i = bytes_to_align(dst, width, n);                                          \
                                                                                                   \
		plain_copy(dst, src, i);                                                           \
		for (; n - i >= width; i += width)                                                 \
			*(volatile name##_vec *)((char *)dst + i) =                                \
				*(const name##_any *)((const char *)src + i);                      \
		plain_copy((char *)dst + i, (const char *)src + i, n - i);                         \
	}                                                                                          \
                                                                                                   \
	__attribute__((target(isa))) static void name##_read(void *dst, const void *src, size_t n) \
	{                                                                                          \
		size_t i = bytes_to_align(src, width, n);                                          \
                                                                                                   \
		plain_copy(dst, src, i);                                                           \
		for (; n - i >= width; i += width)                                                 \
			*(name##_any *)((char *)dst + i) =                                         \
				*(const volatile name##_vec *)((const char *)src + i);             \
		plain_copy((char *)dst + i, (const char *)src + i, n - i);                         \
	}

VECTOR_COPY(sse, "sse2", 16)
VECTOR_COPY(avx, "avx", 32)
VECTOR_COPY(avx512, "avx512f", 64)

static void nt_write(void *dst, const void *src, size_t n)
{
	size_t i = bytes_to_align(dst, 16, n);

	plain_copy(dst, src, i);
	for (; n - i >= 16; i += 16)
		_mm_stream_si128((__m128i *)((char *)dst + i),
				 _mm_loadu_si128((const __m128i *)((const char *)src + i)));
	plain_copy((char *)dst + i, (const char *)src + i, n - i);
}

__attribute__((target("sse4.1"))) static void stream_read(void *dst, const void *src, size_t n)
{
	size_t i = bytes_to_align(src, 16, n);

	/* Streaming loads may be answered from buffers that hold what was there before */
	_mm_mfence();
	plain_copy(dst, src, i);
	for (; n - i >= 16; i += 16)
		_mm_storeu_si128((__m128i *)((char *)dst + i),
				 _mm_stream_load_si128((__m128i *)((const char *)src + i)));
	plain_copy((char *)dst + i, (const char *)src + i, n - i);
}

/* A line at a time, so that no line is sent off in parts */
__attribute__((target("avx512f"))) static void nt64_write(void *dst, const void *src, size_t n)
{
	size_t i = bytes_to_align(dst, 64, n);

	plain_copy(dst, src, i);
	for (; n - i >= 64; i += 64)
		_mm512_stream_si512((void *)((char *)dst + i),
				    _mm512_loadu_si512((const char *)src + i));
	plain_copy((char *)dst + i, (const char *)src + i, n - i);
}

__attribute__((target("avx512f"))) static void stream64_read(void *dst, const void *src, size_t n)
{
	size_t i = bytes_to_align(src, 64, n);

	_mm_mfence();
	plain_copy(dst, src, i);
	for (; n - i >= 64; i += 64)
		_mm512_storeu_si512((char *)dst + i,
				    _mm512_stream_load_si512((void *)((const char *)src + i)));
	plain_copy((char *)dst + i, (const char *)src + i, n - i);
}

__attribute__((target("movdir64b"))) static void movdir64b_write(void *dst, const void *src,
								 size_t n)
{
	size_t i = bytes_to_align(dst, 64, n);

	plain_copy(dst, src, i);
	for (; n - i >= 64; i += 64)
		_movdir64b((char *)dst + i, (const char *)src + i);
	plain_copy((char *)dst + i, (const char *)src + i, n - i);
}

static bool has_avx(void)
{
	return __builtin_cpu_supports("avx");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

static bool has_sse41(void)
{
	return __builtin_cpu_supports("sse4.1");
}

/* Intel's Software Developer's Manual, CPUID leaf 7: ECX bit 28 */
static bool has_movdir64b(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1U << 28;
}

void copy_drain(void)
{
	_mm_sfence();
}

#else

void copy_drain(void)
{
	__sync_synchronize();
}

#endif

const struct copy_routine copy_routines[] = {
	{ "plain", "8-byte loads and stores", always, plain_copy, plain_copy },
	{ "libc", "memcpy() of the C library", always, libc_copy, libc_copy },
#ifdef __x86_64__
	{ "sse", "16-byte loads and stores", always, sse_write, sse_read },
	{ "avx", "32-byte loads and stores", has_avx, avx_write, avx_read },
	{ "avx512", "64-byte loads and stores", has_avx512, avx512_write, avx512_read },
	{ "nt", "16-byte non-temporal stores (movntdq)", always, nt_write, NULL },
	{ "nt64", "64-byte non-temporal stores", has_avx512, nt64_write, NULL },
	{ "movdir64b", "64-byte direct stores", has_movdir64b, movdir64b_write, NULL },
	{ "stream", "16-byte streaming loads (movntdqa)", has_sse41, NULL, stream_read },
	{ "stream64", "64-byte streaming loads", has_avx512, NULL, stream64_read },
#endif
	{ NULL },
};

const struct copy_routine *copy_routine_find(const char *name)
{
	const struct copy_routine *r;

	for (r = copy_routines; r->name; r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}
