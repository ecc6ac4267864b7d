/* SPDX-License-Identifier: MIT */
/* The failures that lambda-plane itself never gives, but that a fault may ask for by their code. Pure. */
#ifndef ALIASFS_LOCAL_FAULT_CODE_H
#define ALIASFS_LOCAL_FAULT_CODE_H

#include "backend/local/model/failure.h"

/* Status and form of AWS's answer with that error code; of an unknown one a 500's. Never NULL. */
const struct failure_form *fault_code_form(const char *code);

#endif
