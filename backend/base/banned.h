/* SPDX-License-Identifier: MIT */
/*
 * Functions that this project does not use, each made a compile error. The build includes this
 * file before every source file (meson.build), so that no file can leave it out.
 *
 * System headers come first: they may declare or wrap what is banned below.
 */
#ifndef ALIASFS_BASE_BANNED_H
#define ALIASFS_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BANNED(function, instead) function##_is_banned_use_##instead

#undef strcpy
#define strcpy(...) BANNED(strcpy, snprintf_or_struct_buffer)
#undef strcat
#define strcat(...) BANNED(strcat, struct_buffer)
#undef strncpy
#define strncpy(...) BANNED(strncpy, snprintf)
#undef strncat
#define strncat(...) BANNED(strncat, struct_buffer)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef gets
#define gets(...) BANNED(gets, getline)
#undef strtok
#define strtok(...) BANNED(strtok, strtok_r)
#undef atoi
#define atoi(...) BANNED(atoi, number_parse_u64)
#undef atol
#define atol(...) BANNED(atol, number_parse_u64)
#undef atoll
#define atoll(...) BANNED(atoll, number_parse_u64)
#undef atof
#define atof(...) BANNED(atof, number_parse_double)
#undef sscanf
#define sscanf(...) BANNED(sscanf, number_parse_u64)
#undef gmtime
#define gmtime(...) BANNED(gmtime, gmtime_r)
#undef localtime
#define localtime(...) BANNED(localtime, localtime_r)
#undef ctime
#define ctime(...) BANNED(ctime, strftime)
#undef asctime
#define asctime(...) BANNED(asctime, strftime)
#undef rand
#define rand(...) BANNED(rand, getrandom)
#undef alloca
#define alloca(...) BANNED(alloca, malloc)
#undef system
#define system(...) BANNED(system, posix_spawn)
#undef popen
#define popen(...) BANNED(popen, posix_spawn)
#undef cJSON_GetObjectItem
#define cJSON_GetObjectItem(...) BANNED(cJSON_GetObjectItem, json_member)

#endif
