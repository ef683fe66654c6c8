/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench ROUNDS < COMMANDS: times whole commands, from spawn to reaped, and prints a table.
 *
 * Each line of input is "NAME<tab>COMMAND WORDS", and perhaps "<tab>WORDS" of a command that is run before
 * it, untimed; the first is the one the others are compared with. In every round each command runs once, in
 * random order, so that load and drift hit all alike; trust the ratios, not the milliseconds.  Of the two
 * ratios, the paired one is the median over the rounds of this command's time by the first's in the same
 * round; where the two differ much, the machine was busy. A command that fails is counted and not timed.
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 32, WORDS_MAX = 64, LINE_MAX_SIZE = 4096, PAUSE_NS = 50000000 };

struct command {
	char line[LINE_MAX_SIZE];
	char *name;
	char *words[WORDS_MAX + 1];
	char *before[WORDS_MAX + 1];
	double *by_round; /* milliseconds, 0 where it failed */
	double *elapsed_ms;
	double *cpu_ms;
	size_t count;
	unsigned int failures;
};

extern char **environ;

static size_t split(char *rest, char *words[WORDS_MAX + 1])
{
	char *word;
	size_t count = 0;

	while ((word = strsep(&rest, " \n")) != NULL && count < WORDS_MAX)
		if (*word != '\0')
			words[count++] = word;
	return count;
}

static int parse(struct command *command)
{
	char *rest = command->line;
	char *words;

	command->name = strsep(&rest, "\t");
	words = strsep(&rest, "\t");
	if (words == NULL || split(words, command->words) == 0)
		return -1;
	return rest == NULL || split(rest, command->before) > 0 ? 0 : -1;
}

static void prepare(const struct command *command, const posix_spawn_file_actions_t *quiet)
{
	int status = 0;
	pid_t child;

	if (command->before[0] != NULL &&
	    (posix_spawnp(&child, command->before[0], quiet, NULL, command->before, environ) != 0 ||
	     waitpid(child, &status, 0) != child || status != 0))
		errx(1, "%s: what is run before it fails", command->name);
}

static double milliseconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) * 1e3 + (double)(to->tv_nsec - from->tv_nsec) / 1e6;
}

static double cpu_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static void run(struct command *command, size_t round, const posix_spawn_file_actions_t *quiet)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct timespec start;
	struct timespec end;
	struct rusage usage;
	int status;
	pid_t child;

	prepare(command, quiet);
	/* Engines go on working after their client has ended; that is not the next command's time. */
	(void)nanosleep(&pause, NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	if (posix_spawnp(&child, command->words[0], quiet, NULL, command->words, environ) != 0 ||
	    wait4(child, &status, 0, &usage) != child) {
		command->failures++;
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		command->failures++;
		return;
	}
	command->by_round[round] = milliseconds(&start, &end);
	command->elapsed_ms[command->count] = command->by_round[round];
	command->cpu_ms[command->count++] = cpu_of(&usage);
}

static void shuffle(size_t *order, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)random() % i;
		size_t kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
}

static int compare(const void *a, const void *b)
{
	const double left = *(const double *)a;
	const double right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The median of the quotients of those rounds in which both succeeded; 0 if there was none. */
static double paired_ratio(const struct command *command, const struct command *peer, size_t rounds)
{
	double *ratios = calloc(rounds, sizeof(double));
	double median = 0;
	size_t n = 0;

	if (ratios == NULL)
		err(1, "memory");
	for (size_t round = 0; round < rounds; round++)
		if (command->by_round[round] > 0 && peer->by_round[round] > 0)
			ratios[n++] = command->by_round[round] / peer->by_round[round];
	if (n > 0) {
		qsort(ratios, n, sizeof(double), compare);
		median = ratios[n / 2];
	}
	free(ratios);
	return median;
}

static void report(struct command *command, double base, double paired)
{
	size_t n = command->count;

	if (n == 0) {
		(void)printf("| %s | 0 | | | | | | | %u |\n", command->name, command->failures);
		return;
	}
	qsort(command->elapsed_ms, n, sizeof(double), compare);
	qsort(command->cpu_ms, n, sizeof(double), compare);
	(void)printf("| %s | %zu | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %u |\n", command->name, n,
		     command->elapsed_ms[0], command->elapsed_ms[n / 2], command->elapsed_ms[n * 9 / 10],
		     command->elapsed_ms[n / 2] / base, paired, command->cpu_ms[n / 2], command->failures);
}

int main(int argc, char *argv[])
{
	static struct command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t quiet;
	size_t order[COMMANDS_MAX];
	size_t count = 0;
	size_t rounds;
	double base;

	if (argc != 2 || (rounds = strtoul(argv[1], NULL, 10)) == 0)
		errx(2, "usage: bench ROUNDS < COMMANDS");
	while (count < COMMANDS_MAX && fgets(commands[count].line, LINE_MAX_SIZE, stdin) != NULL) {
		if (parse(&commands[count]) < 0)
			errx(2, "line %zu is not NAME<tab>COMMAND", count + 1);
		commands[count].by_round = calloc(rounds, sizeof(double));
		commands[count].elapsed_ms = calloc(rounds, sizeof(double));
		commands[count].cpu_ms = calloc(rounds, sizeof(double));
		if (commands[count].by_round == NULL || commands[count].elapsed_ms == NULL ||
		    commands[count].cpu_ms == NULL)
			err(1, "memory");
		order[count] = count;
		count++;
	}
	(void)posix_spawn_file_actions_init(&quiet);
	(void)posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&quiet, 1, 2);
	for (size_t round = 0; round < rounds; round++) {
		shuffle(order, count);
		for (size_t i = 0; i < count; i++)
			run(&commands[order[i]], round, &quiet);
	}
	(void)printf(
	    "| command | n | min ms | median | p90 | ratio of medians | paired ratio | client CPU ms | failures |\n"
	    "|---|---|---|---|---|---|---|---|---|\n");
	if (commands[0].count > 0)
		qsort(commands[0].elapsed_ms, commands[0].count, sizeof(double), compare);
	base = commands[0].count > 0 ? commands[0].elapsed_ms[commands[0].count / 2] : 1;
	for (size_t i = 0; i < count; i++)
		report(&commands[i], base, paired_ratio(&commands[i], &commands[0], rounds));
	return 0;
}
