/* SPDX-License-Identifier: MIT */
/* lambda-plane: options, start, wait for SIGTERM or SIGINT, stop. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>

#include "backend/base/number.h"
#include "backend/local/plane.h"

#define MILLISECONDS_MAX 3600000
#define RATE_MAX 1000000
#define TIMEOUT_MAX 3600
#define HOSTS_MAX 64
#define EXIT_USAGE 2

static const char usage[] =
	"Usage: lambda-plane --state DIR (--listen ADDR:PORT | --unix PATH) [options]\n"
	"A Lambda control plane on this machine, speaking AWS's own API.\n"
	"\n"
	"  --state DIR         where it keeps everything; made when it is not there\n"
	"  --listen ADDR:PORT  serve on this IP address; port 0 takes a free one\n"
	"  --unix PATH         serve on this Unix socket\n"
	"  --account ID        12 digits (000000000000)\n"
	"  --region R          the region it plays (us-east-1)\n"
	"  --settle MS         how long Pending and InProgress last (0)\n"
	"  --latency MS        added to every answer (0)\n"
	"  --trail-delay S     CloudTrail's LookupEvents has a call after so many seconds (0)\n"
	"  --rate N            let N control-plane calls a second pass, as AWS does with 15 (0: "
	"all)\n"
	"  --seed N            choose between an alias's two versions by this sequence (0)\n"
	"  --allow-host NAME   answer to this host name, too; may be given more than once\n"
	"  --verify-signatures KEY:SECRET\n"
	"                      refuse what is not signed with this key\n"
	"  --timeout S         how long a connection may be silent or take for a request (60)\n"
	"  --verbose, -v       say more on standard error\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 ended by SIGTERM or SIGINT, 1 it cannot start, 2 wrong usage.\n";

struct arguments {
	struct plane_options options;
	char address[64];
	const char *hosts[HOSTS_MAX + 1];
	size_t host_count;
	bool listens;
	bool verbose;
};

static int parse_milliseconds(const char *name, const char *text, int64_t *ret_value)
{
	uint64_t value;

	if (number_parse_u64(text, MILLISECONDS_MAX, &value)) {
		fprintf(stderr, "lambda-plane: --%s wants milliseconds, 0 to %d, not '%s'\n", name,
			MILLISECONDS_MAX, text);
		return -EINVAL;
	}
	*ret_value = (int64_t)value;
	return 0;
}

static int parse_number(const char *name, const char *text, uint64_t maximum, uint64_t *ret_value)
{
	if (!number_parse_u64(text, maximum, ret_value))
		return 0;
	fprintf(stderr, "lambda-plane: --%s wants a number, not '%s'\n", name, text);
	return -EINVAL;
}

static int parse_rate(const char *text, double *ret_rate)
{
	if (!number_parse_double(text, 0, RATE_MAX, ret_rate))
		return 0;
	fprintf(stderr, "lambda-plane: --rate wants calls a second, not '%s'\n", text);
	return -EINVAL;
}

static int parse_timeout(const char *text, unsigned *ret_timeout)
{
	uint64_t seconds;
	int error = parse_number("timeout", text, TIMEOUT_MAX, &seconds);

	if (!error)
		*ret_timeout = (unsigned)seconds;
	return error;
}

static int parse_trail_delay(const char *text, int64_t *ret_milliseconds)
{
	uint64_t seconds;
	int error = parse_number("trail-delay", text, MILLISECONDS_MAX / 1000, &seconds);

	if (!error)
		*ret_milliseconds = (int64_t)seconds * 1000;
	return error;
}

static bool is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* "127.0.0.1:9001" or "[::1]:9001". */
static int parse_listen(struct arguments *arguments, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (!colon || length >= sizeof(arguments->address) ||
		number_parse_u64(colon + 1, UINT16_MAX, &port))
		length = 0;
	snprintf(arguments->address, sizeof(arguments->address), "%.*s", (int)length, text);
	if (!is_address(arguments->address)) {
		fprintf(stderr,
			"lambda-plane: --listen wants an IP address and a port, such as "
			"127.0.0.1:9001, not '%s'\n",
			text);
		return -EINVAL;
	}
	arguments->options.address = arguments->address;
	arguments->options.port = (uint16_t)port;
	arguments->listens = true;
	return 0;
}

static int add_host(struct arguments *arguments, const char *name)
{
	if (arguments->host_count == HOSTS_MAX) {
		fprintf(stderr, "lambda-plane: --allow-host may be given %d times\n", HOSTS_MAX);
		return -EINVAL;
	}
	arguments->hosts[arguments->host_count++] = name;
	arguments->options.allowed_hosts = arguments->hosts;
	return 0;
}

static int parse_option(struct arguments *arguments, int option, const char *value)
{
	struct plane_options *options = &arguments->options;

	switch (option) {
	case 's':
		options->state_directory = value;
		return 0;
	case 'l':
		return parse_listen(arguments, value);
	case 'u':
		options->unix_socket = value;
		return 0;
	case 'a':
		options->account = value;
		return 0;
	case 'r':
		options->region = value;
		return 0;
	case 'S':
		return parse_milliseconds("settle", value, &options->settle_ms);
	case 'L':
		return parse_milliseconds("latency", value, &options->latency_ms);
	case 'T':
		return parse_trail_delay(value, &options->trail_delay_ms);
	case 'R':
		return parse_rate(value, &options->rate);
	case 'e':
		return parse_number("seed", value, UINT64_MAX, &options->seed);
	case 'k':
		options->verify_signatures = value;
		return 0;
	case 'H':
		return add_host(arguments, value);
	case 't':
		return parse_timeout(value, &options->timeout_s);
	case 'v':
		arguments->verbose = true;
		return 0;
	default: /* getopt has said what is wrong */
		fprintf(stderr, "Try 'lambda-plane --help'.\n");
		return -EINVAL;
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option known[] = {{"state", required_argument, NULL, 's'},
		{"listen", required_argument, NULL, 'l'}, {"unix", required_argument, NULL, 'u'},
		{"account", required_argument, NULL, 'a'}, {"region", required_argument, NULL, 'r'},
		{"settle", required_argument, NULL, 'S'}, {"latency", required_argument, NULL, 'L'},
		{"rate", required_argument, NULL, 'R'}, {"seed", required_argument, NULL, 'e'},
		{"verify-signatures", required_argument, NULL, 'k'},
		{"allow-host", required_argument, NULL, 'H'},
		{"trail-delay", required_argument, NULL, 'T'},
		{"timeout", required_argument, NULL, 't'}, {"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	int option, error = 0;

	while (!error && (option = getopt_long(argc, argv, "hv", known, NULL)) != -1) {
		if (option == 'h' || option == 'V')
			return option;
		error = parse_option(arguments, option, optarg);
	}
	if (!error && optind < argc) {
		fprintf(stderr, "lambda-plane: what is '%s'?\n", argv[optind]);
		error = -EINVAL;
	}
	if (!error && (!arguments->options.state_directory ||
			      arguments->listens == !!arguments->options.unix_socket)) {
		fprintf(stderr, "lambda-plane: needs --state and either --listen or --unix; see "
				"--help\n");
		error = -EINVAL;
	}
	return error;
}

static void announce_plane(const struct arguments *arguments, const struct plane *plane)
{
	bool six = strchr(arguments->address, ':');

	if (arguments->options.unix_socket)
		printf("listening on unix:%s\n", arguments->options.unix_socket);
	else
		printf("listening on http://%s%s%s:%u\n", six ? "[" : "", arguments->address,
			six ? "]" : "", plane_port(plane));
	fflush(stdout);
}

static int serve_requests(struct arguments *arguments, struct log *log)
{
	char reason[256];
	struct plane *plane;
	sigset_t ends;
	int signal_number, error;

	/* Blocked before any thread starts, so that only sigwait() sees them. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write(2) reports a limit on the size of files */
	arguments->options.log = log;
	error = plane_start(&arguments->options, &plane, reason, sizeof(reason));
	if (error) {
		fprintf(stderr, "lambda-plane: %s\n", reason);
		return error == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
	}
	announce_plane(arguments, plane);
	sigwait(&ends, &signal_number);
	plane_stop(plane);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct log log = {.sink = log_sink_stderr, .sink_data = (void *)(uintptr_t) "lambda-plane"};
	int option = parse_arguments(argc, argv, &arguments);

	if (option == 'h') {
		fputs(usage, stdout);
		return 0;
	}
	if (option == 'V') {
		puts("lambda-plane " ALIASFS_VERSION);
		return 0;
	}
	if (option)
		return EXIT_USAGE;
	atomic_store(&log.level, arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
	return serve_requests(&arguments, &log);
}
