/* SPDX-License-Identifier: MIT */
#include "backend/local/model/fault_code.h"

#include <string.h>

#include "backend/base/cleanup.h"

/* AWS's common errors and what its models of Lambda and of LookupEvents have beside failure_forms (backend/lambda/NOTES.md 4.10, 5). */
static const struct failure_form others[] = {
	{"ExpiredTokenException", 403, NULL, "message"},
	{"ExpiredToken", 403, NULL, "message"},
	{"SignatureDoesNotMatch", 403, NULL, "message"},
	{"IncompleteSignature", 403, NULL, "message"},
	{"InvalidClientTokenId", 403, NULL, "message"},
	{"MissingAuthenticationToken", 403, NULL, "message"},
	{"OptInRequired", 403, NULL, "message"},
	{"AccessDenied", 403, NULL, "Message"},
	{"AuthFailure", 403, NULL, "message"},
	{"RequestTimeTooSkewed", 403, NULL, "message"},
	{"RequestInTheFuture", 403, NULL, "message"},
	{"NotAuthorized", 401, NULL, "message"},
	{"ThrottlingException", 400, NULL, "message"},
	{"Throttling", 400, NULL, "message"},
	{"RequestLimitExceeded", 503, NULL, "message"},
	{"MalformedHttpRequestException", 400, NULL, "message"},
	{"RequestAbortedException", 400, NULL, "message"},
	{"RequestTimeoutException", 408, NULL, "message"},
	{"RequestTimeout", 408, NULL, "message"},
	{"RequestExpiredException", 400, NULL, "message"},
	{"OperationNotPermittedException", 400, NULL, "message"},
	{"UnsupportedOperationException", 400, NULL, "message"},
	{"ValidationError", 400, NULL, "message"},
	{"InternalFailure", 500, NULL, "message"},
	{"InternalServerError", 500, NULL, "message"},
	{"InternalServerException", 500, NULL, "message"},
	{"ServiceUnavailable", 503, NULL, "message"},
	{"InvalidCodeSignatureException", 400, "User", "Message"},
	{"PublicPolicyException", 400, "User", "Message"},
	{"FunctionVersionsPerCapacityProviderLimitExceededException", 400, "User", "message"},
	{"SerializedRequestEntityTooLargeException", 413, "User", "message"},
	{"ServiceQuotaExceededException", 402, "User", "message"},
	{"ModeNotSupportedException", 400, "User", "message"},
	{"NoPublishedVersionException", 400, "User", "Message"},
	{"RecursiveInvocationException", 400, "User", "Message"},
	{"SnapStartException", 400, "User", "Message"},
	{"SnapStartNotReadyException", 409, "User", "Message"},
	{"SnapStartRegenerationFailureException", 409, "User", "Message"},
	{"SnapStartTimeoutException", 408, "User", "Message"},
	{"DurableExecutionAlreadyStartedException", 409, "User", "message"},
	{"EFSIOException", 410, "User", "Message"},
	{"EFSMountConnectivityException", 408, "User", "Message"},
	{"EFSMountTimeoutException", 408, "User", "Message"},
	{"EFSMountFailureException", 403, "User", "Message"},
	{"S3FilesMountConnectivityException", 408, "User", "Message"},
	{"S3FilesMountTimeoutException", 408, "User", "Message"},
	{"S3FilesMountFailureException", 403, "User", "Message"},
	{"EC2AccessDeniedException", 502, "Service", "Message"},
	{"EC2ThrottledException", 502, "Service", "Message"},
	{"EC2UnexpectedException", 502, "Service", "Message"},
	{"ENILimitReachedException", 502, "Service", "Message"},
	{"ENINotReadyException", 502, "Service", "Message"},
	{"InvalidRuntimeException", 502, "Service", "Message"},
	{"InvalidSecurityGroupIDException", 502, "Service", "Message"},
	{"InvalidSubnetIDException", 502, "Service", "Message"},
	{"InvalidZipFileException", 502, "Service", "Message"},
	{"KMSAccessDeniedException", 502, "Service", "Message"},
	{"KMSDisabledException", 502, "Service", "Message"},
	{"KMSInvalidStateException", 502, "Service", "Message"},
	{"KMSNotFoundException", 502, "Service", "Message"},
	{"ResourceNotReadyException", 502, "Service", "message"},
	{"SubnetIPAddressLimitReachedException", 502, "Service", "Message"},
};

const struct failure_form *fault_code_form(const char *code)
{
	for (size_t i = 0; i < FAILURE_COUNT; i++) {
		if (!strcmp(failure_forms[i].code, code))
			return &failure_forms[i];
	}
	for (size_t i = 0; i < array_count(others); i++) {
		if (!strcmp(others[i].code, code))
			return &others[i];
	}
	return &failure_forms[FAILURE_SERVICE];
}
