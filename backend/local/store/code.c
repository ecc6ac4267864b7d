/* SPDX-License-Identifier: MIT */
#include "backend/local/store/code.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/model/zip.h"
#include "backend/local/private.h"

#define ZIPPED_MAX 52428800     /* bytes; backend/lambda/NOTES.md section 7 */
#define UNZIPPED_MAX 262144000  /* bytes */
#define LOCATION_LIFE_MS 600000 /* ten minutes */
#define ABANDONED_AGE_S 3600    /* a temporary file this old is a left-over */
#define DIGEST_LENGTH 64
#define SHA256_SIZE 32

int code_open(const char *directory, int *ret_directory)
{
	cleanup(free_pointer) char *path = NULL;
	int descriptor;

	if (asprintf(&path, "%s/code", directory) < 0)
		return -ENOMEM;
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return -errno;
	*ret_directory = descriptor;
	return 0;
}

static int write_all(int file, const char *data, size_t length)
{
	while (length) {
		ssize_t written = write(file, data, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Writes and syncs a temporary file; its name stays in call->staged. */
static int write_staged(struct call *call, const struct buffer *zip)
{
	int directory = call->plane->code_directory;
	char uuid[UUID_SIZE];
	int file, error;

	make_uuid(uuid);
	snprintf(call->staged, sizeof(call->staged), "%s.tmp", uuid);
	file = openat(directory, call->staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0) {
		call->staged[0] = '\0';
		return -errno;
	}
	error = write_all(file, buffer_text(zip), zip->length);
	if (!error && fsync(file))
		error = -errno;
	if (close(file) && !error)
		error = -errno;
	if (error)
		code_abandon(call);
	return error;
}

static int digest_zip(const struct buffer *zip, struct code *code)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(sizeof(code->sha256) - 1);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length;

	if (!EVP_Digest(buffer_text(zip), zip->length, digest, &length, EVP_sha256(), NULL) ||
		text_append_base64(&text, digest, length))
		return -ENOMEM;
	text_format_hex(digest, length, code->digest);
	snprintf(code->sha256, sizeof(code->sha256), "%s", buffer_text(&text));
	code->size = (int64_t)zip->length;
	return 0;
}

static int check_zip(struct call *call, const struct buffer *zip)
{
	struct zip_summary summary;

	if (zip->length > ZIPPED_MAX) {
		answer_fail_as(call->answer, FAILURE_ENTITY_TOO_LARGE, "User", "message",
			"Zipped size must be smaller than 52428800 bytes");
		return CALL_FAILED;
	}
	if (zip_inspect((const unsigned char *)buffer_text(zip), zip->length, &summary))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Could not unzip uploaded file. Please check your file, then try to upload "
			"again.");
	if (!summary.entries)
		return call_fail(
			call, FAILURE_INVALID_PARAMETER, "Uploaded file must be a non-empty zip");
	if (summary.unzipped_size > UNZIPPED_MAX)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Unzipped size must be smaller than %d bytes", UNZIPPED_MAX);
	return 0;
}

static int stage_zip(struct call *call, const char *base64, struct code *code)
{
	cleanup(buffer_release) struct buffer zip = BUFFER_INIT(ZIPPED_MAX * 2);
	int error = text_decode_base64(base64, strlen(base64), &zip);

	if (error == -EINVAL)
		return call_fail(call, FAILURE_SERIALIZATION, "Invalid base64 data in ZipFile");
	if (!error)
		error = check_zip(call, &zip);
	if (!error)
		error = digest_zip(&zip, code);
	return error ? error : write_staged(call, &zip);
}

/* An image is not fetched: the digest that its URI names, or that of the URI, stands for it. */
static int stage_image(struct call *call, const char *uri, struct code *code)
{
	static const char mark[] = "@sha256:";
	const char *known = strstr(uri, mark);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length;

	if (known && strlen(known + strlen(mark)) == 2 * SHA256_SIZE) {
		snprintf(code->sha256, sizeof(code->sha256), "%s", known + strlen(mark));
	} else {
		if (!EVP_Digest(uri, strlen(uri), digest, &length, EVP_sha256(), NULL))
			return -ENOMEM;
		text_format_hex(digest, length, code->sha256);
	}
	code->image_uri = uri;
	return 0;
}

/* Code comes from one source, named completely. */
static int check_source(struct call *call, const struct json *code)
{
	static const char *const others[] = {
		"S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode", "ImageUri"};
	bool zip = json_member(code, "ZipFile"), bucket = json_member(code, "S3Bucket");
	bool other = false;

	for (size_t i = 0; i < array_count(others); i++)
		other = other || json_member(code, others[i]);
	if (zip && other)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Please do not provide other FunctionCode parameters when providing a "
			"ZipFile.");
	if (other && !json_member(code, "ImageUri") && !(bucket && json_member(code, "S3Key")))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"S3 Bucket and Key are required for uploading with S3 parameters.");
	return 0;
}

int code_stage(struct call *call, const struct json *code, struct code *ret_code)
{
	const char *zip = json_member_string(code, "ZipFile", NULL);
	const char *image = json_member_string(code, "ImageUri", NULL);
	int error = check_source(call, code);

	memset(ret_code, 0, sizeof(*ret_code));
	if (error)
		return error;
	if (json_member(code, "S3Bucket"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error "
			"Message: The specified bucket does not exist");
	if (zip && !image)
		return stage_zip(call, zip, ret_code);
	if (image && !zip)
		return stage_image(call, image, ret_code);
	return call_fail(
		call, FAILURE_INVALID_PARAMETER, "Please provide a source for function code.");
}

int code_keep(struct call *call, const struct code *code)
{
	int directory = call->plane->code_directory;
	char name[DIGEST_LENGTH + 8];

	if (!call->staged[0])
		return 0;
	snprintf(name, sizeof(name), "%s.zip", code->digest);
	if (renameat(directory, call->staged, directory, name))
		return -errno;
	call->staged[0] = '\0';
	return fsync(directory) ? -errno : 0;
}

void code_abandon(struct call *call)
{
	if (call->staged[0])
		unlinkat(call->plane->code_directory, call->staged, 0);
	call->staged[0] = '\0';
}

int code_release(struct call *call, const char *digest)
{
	return strlen(digest) == DIGEST_LENGTH
		       ? buffer_append(&call->released, digest, DIGEST_LENGTH)
		       : 0;
}

/* Under the write lock: no other call can name the zip meanwhile. */
static void remove_unnamed(int directory, struct store *store, const char *digest)
{
	char name[DIGEST_LENGTH + 8];
	int64_t named = 1;

	if (store_integer(store,
		    "SELECT EXISTS (SELECT 1 FROM version WHERE code = ?1) OR "
		    "EXISTS (SELECT 1 FROM layer_version WHERE code = ?1)",
		    1, &named, "t", digest) ||
		named)
		return;
	snprintf(name, sizeof(name), "%s.zip", digest);
	unlinkat(directory, name, 0);
}

void code_collect(struct call *call)
{
	char digest[DIGEST_LENGTH + 1];

	if (!call->released.length || store_begin_write(call->store))
		return; /* what stays behind is found when the program starts next */
	for (size_t at = 0; at < call->released.length; at += DIGEST_LENGTH) {
		memcpy(digest, call->released.data + at, DIGEST_LENGTH);
		digest[DIGEST_LENGTH] = '\0';
		remove_unnamed(call->plane->code_directory, call->store, digest);
	}
	store_rollback(call->store);
}

static void sweep_one(int directory, struct store *store, const char *name)
{
	char digest[DIGEST_LENGTH + 1];
	struct stat status;

	if (text_ends_with(name, ".tmp") &&
		!fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) &&
		status.st_mtime < clock_wall_ms() / 1000 - ABANDONED_AGE_S)
		unlinkat(directory, name, 0);
	if (!text_ends_with(name, ".zip") || strlen(name) != DIGEST_LENGTH + 4)
		return;
	snprintf(digest, sizeof(digest), "%.*s", DIGEST_LENGTH, name);
	remove_unnamed(directory, store, digest);
}

void code_sweep(int directory, struct store *store)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;

	if (!stream) {
		if (copy >= 0)
			close(copy);
		return;
	}
	if (!store_begin_write(store)) {
		for (struct dirent *entry; (entry = readdir(stream));)
			sweep_one(directory, store, entry->d_name);
		store_rollback(store);
	}
	closedir(stream);
}

/* --- downloads --- */

/* The signature of a link: HMAC-SHA256 over what it names and when it ends. */
static void sign_location(
	const struct plane *plane, const char *digest, int64_t expires_ms, char signature[65])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	char text[128];

	snprintf(text, sizeof(text), "%s %lld", digest, (long long)expires_ms);
	HMAC(EVP_sha256(), plane->download_key, sizeof(plane->download_key),
		(const unsigned char *)text, strlen(text), mac, &length);
	text_format_hex(mac, length, signature);
}

int code_append_location(struct buffer *out, struct call *call, const char *digest)
{
	int64_t expires_ms = call->now_ms + LOCATION_LIFE_MS;
	char signature[65];

	sign_location(call->plane, digest, expires_ms, signature);
	return buffer_appendf(out, "%s/_local/code/%s.zip?Expires=%lld&Signature=%s",
		call->base_url, digest, (long long)expires_ms, signature);
}

static void fail_download(struct answer *answer, int status, const char *code, const char *sentence)
{
	answer_release(answer);
	answer_init(answer);
	answer->status = status;
	answer->content_type = "application/xml";
	if (buffer_appendf(&answer->body,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<Error><Code>%s</Code><Message>%s</Message></Error>",
		    code, sentence))
		buffer_reset(&answer->body);
}

/* "DIGEST.zip?Expires=MS&Signature=HEX" in its parts. */
static bool parse_location(const char *text, char digest[DIGEST_LENGTH + 1], int64_t *ret_expires,
	const char **ret_signature)
{
	static const char middle[] = ".zip?Expires=", last[] = "&Signature=";
	const char *expires, *end;
	uint64_t number;

	if (strspn(text, "0123456789abcdef") != DIGEST_LENGTH ||
		!text_starts_with(text + DIGEST_LENGTH, middle))
		return false;
	expires = text + DIGEST_LENGTH + strlen(middle);
	end = strchr(expires, '&');
	if (!end || !text_starts_with(end, last) ||
		number_parse_u64_bytes(expires, (size_t)(end - expires), INT64_MAX, &number))
		return false;
	snprintf(digest, DIGEST_LENGTH + 1, "%.*s", DIGEST_LENGTH, text);
	*ret_expires = (int64_t)number;
	*ret_signature = end + strlen(last);
	return true;
}

void code_download(struct plane *plane, const char *target, struct answer *answer)
{
	char digest[DIGEST_LENGTH + 1], name[DIGEST_LENGTH + 8], signature[65];
	const char *given;
	int64_t expires_ms;
	struct stat status;
	int file;

	if (!parse_location(target + strlen("/_local/code/"), digest, &expires_ms, &given)) {
		fail_download(answer, 404, "NoSuchKey", "The specified key does not exist.");
		return;
	}
	sign_location(plane, digest, expires_ms, signature);
	if (strlen(given) != strlen(signature) ||
		CRYPTO_memcmp(given, signature, strlen(signature))) {
		fail_download(answer, 403, "SignatureDoesNotMatch",
			"The request signature does not match.");
		return;
	}
	if (clock_wall_ms() > expires_ms) {
		fail_download(answer, 403, "AccessDenied", "Request has expired");
		return;
	}
	snprintf(name, sizeof(name), "%s.zip", digest);
	file = openat(plane->code_directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0 || fstat(file, &status)) {
		if (file >= 0)
			close(file);
		fail_download(answer, 404, "NoSuchKey", "The specified key does not exist.");
		return;
	}
	answer->status = 200;
	answer->content_type = "application/zip";
	answer->file = file;
	answer->file_size = (uint64_t)status.st_size;
}
