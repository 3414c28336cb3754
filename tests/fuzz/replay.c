/* SPDX-License-Identifier: ISC */
/*
 * replay.c - runs a fuzz target over files that exist already
 *
 * Linked instead of libFuzzer, so that every corpus can be replayed with every compiler. Arguments are files
 * and directories (one level: a corpus is flat); each file is one input. A finding ends the program by a
 * sanitizer or an assertion; a file that cannot be read, or no file at all, is a failure too.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_SIZE 4096

/* The fuzz target: see the libFuzzer manual. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all of @path into a buffer of exactly its size, so that one byte too far is found. */
static uint8_t *read_input(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long length = -1;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0)
		length = ftell(file);
	if (length >= 0 && fseek(file, 0, SEEK_SET) == 0)
		data = malloc(length > 0 ? (size_t)length : 1);
	if (data != NULL && fread(data, 1, (size_t)length, file) != (size_t)length) {
		free(data);
		data = NULL;
	}
	fclose(file);
	*size = (size_t)length;
	return data;
}

/* Returns the number of inputs run, or -1 after a message. */
static int replay_file(const char *path)
{
	size_t size = 0;
	uint8_t *data = read_input(path, &size);

	if (data == NULL) {
		perror(path);
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (directory == NULL) {
		perror(path);
		return -1;
	}
	while (count >= 0 && (entry = readdir(directory)) != NULL) {
		char name[PATH_SIZE];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		count = replay_file(name) < 0 ? -1 : count + 1;
	}
	closedir(directory);
	return count;
}

static int replay(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		perror(path);
		return -1;
	}
	return S_ISDIR(status.st_mode) ? replay_directory(path) : replay_file(path);
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int count = replay(argv[i]);

		if (count < 0)
			return EXIT_FAILURE;
		total += count;
	}
	printf("%d inputs replayed\n", total);
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
