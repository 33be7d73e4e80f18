/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between processes that can carry a file descriptor: unix(7), SCM_RIGHTS. */
#ifndef P2P_FDPASS_H
#define P2P_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

/* Send a message of size bytes on a SOCK_SEQPACKET socket, with fd unless it is -1. 0 or -errno. */
int fdpass_send(int sock, const void *message, size_t size, int fd);

/*
 * Receive the next message, of at most size bytes. Its length, 0 when the other
 * side has closed the socket, or -errno. *fd (fd may be NULL) is the descriptor
 * that came with it, which is the caller's, or -1; more than one are dropped.
 */
ssize_t fdpass_receive(int sock, void *message, size_t size, int *fd);

#endif
