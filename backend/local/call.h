/* SPDX-License-Identifier: MIT */
/*
 * One API call on its way through lambda-plane: what the router found out about it, what the
 * operation answers. Handlers see this and the store; nothing of HTTP or sockets.
 */
#ifndef ALIASFS_LOCAL_CALL_H
#define ALIASFS_LOCAL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/local/model/sender.h"
#include "backend/local/model/failure.h"
#include "backend/local/model/name.h"
#include "backend/local/model/operation.h"
#include "backend/local/model/shape.h"

struct fault;
struct plane;
struct store;

#define CALL_ANSWER_MAX (16u << 20) /* bytes of one answer's body */

/* Who and where this plane is: the parts of every ARN. */
struct identity {
	char account[13];
	char region[32];
	char partition[16];
};

/* The code that a version runs. */
struct code {
	char digest[65];       /* hexadecimal SHA-256: the file's name; "" for an image */
	char sha256[72];       /* as AWS shows it */
	int64_t size;          /* bytes of the zip; 0 for an image */
	const char *image_uri; /* belongs to the call's input; or NULL */
};

/* What a call changed, until its end writes it into the list of changes. Texts are malloc'ed, or NULL. */
struct change {
	bool made; /* false: it changed nothing */
	char *function, *qualifier, *version, *detail;
};

/* What goes back. The server frees it with answer_release(). */
struct answer {
	int status;
	char error_type[64];       /* x-amzn-ErrorType, or "" */
	char retry_after[16];      /* Retry-After, or "" */
	char executed_version[24]; /* X-Amz-Executed-Version, or "" */
	char function_error[64];   /* X-Amz-Function-Error, or "" */
	char *log_result;          /* X-Amz-Log-Result, or NULL */
	const char *content_type;  /* static; NULL: no Content-Type */
	struct buffer body;
	bool close; /* no other request is read from the connection */
	int file;   /* a descriptor whose content is the body, or -1 */
	uint64_t file_size;
};

void answer_init(struct answer *answer);
void answer_release(struct answer *answer);

/* Replaces what was answered by a failure in AWS's wire form (backend/lambda/NOTES.md 1.1 and 5.1). */
void answer_fail(struct answer *answer, enum failure failure, const char *message);

/* The same, for failures whose body says less: `type` and the message's key as given (NULL: no message). */
void answer_fail_as(struct answer *answer, enum failure failure, const char *type, const char *key,
	const char *message);

/* Answers with 429 TooManyRequestsException of that Reason, to be tried again after a second. */
void answer_throttle(struct answer *answer, const char *reason, const char *message);

/* The message in the body of a failure; NULL when there is none. */
const char *answer_message(const struct json *body);

/*
 * Gives what was answered the form of AWS's JSON 1.1 protocol: its content type; a failure's code in the body, with
 * status 400 or 500.
 */
void answer_use_json11(struct answer *answer);

struct call {
	struct plane *plane;
	const struct identity *identity;
	const struct operation *operation;
	struct store *store;
	struct json *input;        /* labels, query, headers and body by the model's names */
	const struct buffer *body; /* as sent; for operations with a raw body */
	struct function_name name; /* of FunctionName, where the operation has one */
	struct sender sender;      /* of calls that write */
	struct buffer parameters;  /* of calls that write: the input as CloudTrail spells it */
	struct change change;      /* of calls that write: what change_record() says */
	int64_t now_ms;            /* wall clock */
	int64_t settle_ms;
	const char *base_url; /* "http://host:port" as the client calls us: for Code.Location */
	struct answer *answer;
	struct json *settings; /* what prepare() made of the settings; freed with the call */
	struct code code;      /* what prepare() found out about the code */
	char staged[128];      /* a code zip that waits to be renamed into place, or "" */
	struct buffer
		released;  /* digests that rows named and do not name any more, 64 bytes each */
	char failure[340]; /* "\nCODE\nREASON" when what the call starts is to fail; or "" */
	const struct fault
		*function_fault; /* how the function that is invoked fails; NULL: it does not */
	char request_id[37];
};

/*
 * A handler answers: 0 means that call->answer->body holds what goes out with the operation's
 * status, CALL_FAILED that call_fail() was called, a negative errno that the store failed. In the
 * last two cases everything it wrote is rolled back.
 */
#define CALL_FAILED 1

/* Answers with a failure; gives CALL_FAILED. The message is printf'ed and at most 8 KiB. */
int call_fail(struct call *call, enum failure failure, const char *format, ...) printf_like(3, 4);

/* The same for the failures whose body says "Type": null: limits, and what two versions must share. */
int call_fail_untyped(struct call *call, enum failure failure, const char *format, ...)
	printf_like(3, 4);

/* The string member of the input, or NULL. */
const char *call_string(const struct call *call, const char *name);

/* The integer member of the input, or `fallback`. */
int64_t call_integer(const struct call *call, const char *name, int64_t fallback);

bool call_flag(const struct call *call, const char *name);

/* --- ARNs; each appends. Errors as buffer_append() --- */

/* arn:aws:lambda:us-east-1:000000000000:function:NAME[:QUALIFIER] (qualifier NULL: none) */
int append_function_arn(struct buffer *out, const struct identity *identity, const char *function,
	const char *qualifier) must_check;

#define FUNCTION_ARN_SIZE 512
/* The same into a fixed array. */
void format_function_arn(const struct identity *identity, const char *function,
	const char *qualifier, char text[FUNCTION_ARN_SIZE]);

/* Fails with "Function not found: <arn>". */
int call_fail_function(struct call *call, const char *function, const char *qualifier);

/* Whether region and account ("": not spelled) are the plane's own. */
bool identity_is_own(const struct identity *identity, const char *region, const char *account);

/* Fails unless they are; `things` is "Functions" or "Layers". 0 or CALL_FAILED. */
int call_check_place(
	struct call *call, const char *things, const char *region, const char *account);

/* A JSON string with its quotes. Errors as buffer_append(). */
int append_json_string(struct buffer *out, const char *text) must_check;

#define UUID_SIZE 37
/* A random UUID (version 4) as text. Never fails: getrandom(2) of 16 bytes does not block or stop early. */
void make_uuid(char text[UUID_SIZE]);

#endif
