/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The importer of series/importers (drivers/dma-buf/dma-buf-importer.c): a driver
 * that does with DMABUFs what is written to its files in debugfs.
 */
#ifndef IMPORTERS_H
#define IMPORTERS_H

#include <stddef.h>

/* Write value to a file of the importer on bdf: 0 or its -errno. */
int importer_set(const char *bdf, const char *file, int value);
/* What a file reads, as text: its length or -errno. */
int importer_read(const char *bdf, const char *file, char *text, size_t size);

#endif
