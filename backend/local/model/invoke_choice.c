/* SPDX-License-Identifier: MIT */
#include "backend/local/model/invoke_choice.h"

double invoke_draw(_Atomic uint64_t *position, uint64_t seed)
{
	/* SplitMix64 (Steele, Lea and Flood 2014): every position has its number, so no lock is needed. */
	uint64_t value = seed + (atomic_fetch_add(position, 1) + 1) * 0x9e3779b97f4a7c15u;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	value ^= value >> 31;
	return (double)(value >> 11) * 0x1p-53;
}

int64_t invoke_choose(int64_t primary, int64_t weighted, double weight, double drawn)
{
	return drawn < weight ? weighted : primary;
}
