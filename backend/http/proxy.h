/* SPDX-License-Identifier: MIT */
/*
 * Whether an address is asked for past the proxies that the environment names (http_proxy, https_proxy,
 * all_proxy …), where libcurl's own reading of NO_PROXY does not suffice. Pure.
 */
#ifndef ALIASFS_HTTP_PROXY_H
#define ALIASFS_HTTP_PROXY_H

#include <stdbool.h>

/*
 * True for plain http to this machine and to the metadata addresses: it is allowed because no host is on
 * the way, which a proxy would be. True also for what `no_proxy` (NULL: nothing) names as HOST:PORT or
 * [IPV6], as the aws CLI reads it; plain names, suffixes, * and networks are left to libcurl.
 */
bool http_proxy_is_bypassed(const char *url, const char *no_proxy);

#endif
