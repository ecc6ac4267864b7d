/* SPDX-License-Identifier: MIT */
#include "backend/local/store/page.h"

#include "backend/base/number.h"
#include "backend/base/text.h"

/* A marker is base64 of "NUMBER NAME": opaque to clients, all that the next page's query needs. */
static bool parse_marker(const char *marker, struct page *page)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(FUNCTION_NAME_MAX + 32);
	const char *blank;
	uint64_t number;

	if (text_decode_base64(marker, strlen(marker), &text))
		return false;
	blank = strchr(buffer_text(&text), ' ');
	if (!blank || strlen(blank + 1) >= sizeof(page->after) ||
		number_parse_u64_bytes(
			buffer_text(&text), (size_t)(blank - text.data), INT64_MAX, &number))
		return false;
	page->after_number = (int64_t)number;
	snprintf(page->after, sizeof(page->after), "%s", blank + 1);
	return true;
}

int page_begin(struct call *call, int64_t maximum, struct page *ret_page)
{
	const char *marker = call_string(call, "Marker");
	int64_t limit = call_integer(call, "MaxItems", maximum);

	*ret_page = (struct page){.limit = limit < maximum ? limit : maximum, .after_number = -1};
	if (marker && *marker && !parse_marker(marker, ret_page))
		return call_fail(
			call, FAILURE_INVALID_PARAMETER, "Invalid marker value from user.");
	return 0;
}

int page_append_marker(struct buffer *out, const char *name, int64_t number)
{
	char text[FUNCTION_NAME_MAX + 32];
	int error = buffer_append_string(out, ",\"NextMarker\":\"");

	snprintf(text, sizeof(text), "%lld %s", (long long)number, name);
	if (!error)
		error = text_append_base64(out, text, strlen(text));
	return error ? error : buffer_append_byte(out, '"');
}
