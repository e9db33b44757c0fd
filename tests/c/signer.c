#include "signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare.h"
#include "json.h"

static const char *text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

/* What a command writes that reads `input`; NULL where it fails. Freed by the caller. */
static char *piped(char *const *command, const char *input, size_t input_length, size_t *length) {
    FILE *in = tmpfile(), *out = tmpfile();
    if (in == NULL || out == NULL || fwrite(input, 1, input_length, in) != input_length) broken("no temporary file");
    rewind(in);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(in), STDIN_FILENO);
        dup2(fileno(out), STDOUT_FILENO);
        if (freopen("/dev/null", "w", stderr) == NULL) _exit(127);
        execvp(command[0], command);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) broken("%s cannot be run", command[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) broken("%s cannot be run", command[0]);
    fseek(out, 0, SEEK_END);
    *length = (size_t)ftell(out);
    rewind(out);
    char *written = malloc(*length + 1);
    if (written == NULL || fread(written, 1, *length, out) != *length) broken("no answer of %s", command[0]);
    fclose(in);
    fclose(out);
    if (status == 0) return written;
    free(written);
    return NULL;
}

/* 0: it has failed as the case says. */
static int begins(const json_t *description, const char *name, wechatpay_answer *answer) {
    double seconds = json_number_value(json_object_get(description, "seconds"));
    struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    const char *problem = text(json_object_get(description, "fails"), name);
    if (problem != NULL) wechatpay_answer_fail(answer, problem);
    return problem == NULL;
}

static void sign(void *context, const char *input, size_t input_length, wechatpay_answer *answer) {
    const json_t *description = context;
    if (!begins(description, "sign", answer)) return;
    char *const command[] = {"openssl", "dgst", "-sha256", "-sign", (char *)text(description, "key"), NULL};
    size_t length;
    char *signature = piped(command, input, input_length, &length);
    if (signature == NULL) {
        wechatpay_answer_fail(answer, "openssl does not sign");
    } else if (json_is_true(json_object_get(description, "base64"))) {
        char *written = base64(signature, length);
        wechatpay_answer_give(answer, written, strlen(written));
        free(written);
    } else {
        wechatpay_answer_give(answer, signature, length);
    }
    free(signature);
}

static void decrypt(void *context, const char *input, size_t input_length, wechatpay_answer *answer) {
    const json_t *description = context;
    if (!begins(description, "decrypt", answer)) return;
    char *const command[] = {"openssl", "pkeyutl", "-decrypt", "-inkey", (char *)text(description, "key"), "-pkeyopt",
                             "rsa_padding_mode:oaep", NULL};
    size_t length;
    char *plaintext = piped(command, input, input_length, &length);
    if (plaintext == NULL) wechatpay_answer_fail(answer, "openssl does not decrypt");
    else wechatpay_answer_give(answer, plaintext, length);
    free(plaintext);
}

static void free_description(void *context) { json_decref(context); }

wechatpay_error *set_signer(wechatpay_options *options, const json_t *description) {
    static const char *const members[] = {"key", "decrypts", "fails", "base64", "seconds"};
    size_t known = 0;
    for (size_t at = 0; at < sizeof members / sizeof *members; at++) {
        known += json_object_get(description, members[at]) != NULL;
    }
    if (known != json_object_size(description)) broken("unknown members of a signer");
    int signs_only = json_is_false(json_object_get(description, "decrypts"));
    return wechatpay_options_set_signer(options, sign, signs_only ? NULL : decrypt, json_incref((json_t *)description),
                                        free_description);
}
