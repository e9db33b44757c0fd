/* A merchant's key that lies elsewhere: who owns its context, on which thread it is asked, and what it may answer. */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define THREADS 32
#define SECONDS 140

extern char **environ;

/* What the context of a key says it is to do, and what became of it. */
struct key {
    pthread_t asked_on;
    pthread_barrier_t *together;
    const wechatpay_client *other;
    const char *problem;
    int behaviour, asked, freed;
};

enum { SIGNS, FAILS, SAYS_NOTHING, CHANGES_ITS_MIND, GIVES_NULL, GIVES_TOO_MUCH, GIVES_NO_REASON };

/* By the openssl command, as the sandbox's merchant. */
static size_t openssl_sign(const char *input, size_t length, char *signature, size_t room) {
    int in[2], out[2], status;
    posix_spawn_file_actions_t actions;
    char *const command[] = {"openssl", "dgst", "-sha256", "-sign", getenv("WECHATPAY_MERCHANT_PRIVATE_KEY_PATH"), NULL};
    pid_t child;
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    CHECK(posix_spawn_file_actions_init(&actions) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO) == 0);
    CHECK(posix_spawnp(&child, command[0], &actions, NULL, command, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    /* A message of the tests is shorter than what a pipe holds. */
    CHECK(write(in[1], input, length) == (ssize_t)length);
    close(in[1]);
    size_t read_so_far = 0;
    for (ssize_t more; (more = read(out[0], signature + read_so_far, room - read_so_far)) > 0;) read_so_far += (size_t)more;
    close(out[0]);
    CHECK(waitpid(child, &status, 0) == child && status == 0 && read_so_far == 256);
    return read_so_far;
}

static void give_signature(const char *input, size_t length, wechatpay_answer *answer) {
    char signature[1024];
    wechatpay_answer_give(answer, signature, openssl_sign(input, length, signature, sizeof signature));
    memset(signature, 0, sizeof signature);
}

static void sign(void *context, const char *input, size_t length, wechatpay_answer *answer) {
    struct key *key = context;
    key->asked_on = pthread_self();
    __atomic_add_fetch(&key->asked, 1, __ATOMIC_RELAXED);
    CHECK(length > 10 && memchr(input, '\n', length) != NULL);
    if (key->together != NULL) pthread_barrier_wait(key->together);
    if (key->other != NULL) call_once(key->other);
    switch (key->behaviour) {
    case SIGNS: give_signature(input, length, answer); break;
    case FAILS: wechatpay_answer_fail(answer, key->problem); break;
    case SAYS_NOTHING: break;
    case CHANGES_ITS_MIND:
        wechatpay_answer_fail(answer, "not yet");
        give_signature(input, length, answer);
        break;
    case GIVES_NULL: wechatpay_answer_give(answer, NULL, 0); break;
    case GIVES_TOO_MUCH: wechatpay_answer_give(answer, NULL, 256); break;
    case GIVES_NO_REASON: wechatpay_answer_fail(answer, NULL); break;
    }
}

static void decrypt(void *context, const char *input, size_t length, wechatpay_answer *answer) {
    struct key *key = context;
    key->asked_on = pthread_self();
    CHECK(length == 3 && memcmp(input, "\x00\x01\x02", 3) == 0);
    wechatpay_answer_give(answer, "plain", 5);
}

static void free_key(void *context) { ((struct key *)context)->freed++; }

/* The sandbox's options without a private key. */
static wechatpay_options *options_without_key(void) {
    static const char *const names[] = {"mchid", "serial_no", "public_key_id", "platform_public_key_path", "base_url"};
    wechatpay_options *options = wechatpay_options_new();
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        char variable[64] = "WECHATPAY_";
        for (size_t c = 0; c <= strlen(names[at]); c++) {
            variable[10 + c] = names[at][c] >= 'a' && names[at][c] <= 'z' ? (char)(names[at][c] - 32) : names[at][c];
        }
        OK(wechatpay_options_set(options, names[at], getenv(variable)));
    }
    OK(wechatpay_options_set_number(options, "timeout", SECONDS));
    return options;
}

static wechatpay_client *client_with(struct key *key) {
    wechatpay_client *client;
    wechatpay_options *options = options_without_key();
    OK(wechatpay_options_set_signer(options, sign, decrypt, key, free_key));
    OK(wechatpay_client_new(options, &client));
    wechatpay_options_free(options);
    CHECK(key->freed == 0);
    return client;
}

static void refusals(void) {
    struct key key = {0};
    wechatpay_client *client = GARBAGE(wechatpay_client);
    wechatpay_options *options = options_without_key();
    FAILS(wechatpay_options_set_signer(NULL, sign, NULL, &key, free_key), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_options_set_signer(options, NULL, NULL, &key, free_key), WECHATPAY_ERROR_CONFIG, "bad_option", "sign");
    FAILS(wechatpay_options_set_signer(options, NULL, decrypt, &key, free_key), WECHATPAY_ERROR_CONFIG, "bad_option",
          "decrypt");
    FAILS(wechatpay_client_new(options, &client), WECHATPAY_ERROR_CONFIG, "missing_option", "merchant_private_key");
    CHECK(key.freed == 0);
    OK(wechatpay_options_set(options, "merchant_private_key", "PEM"));
    OK(wechatpay_options_set_signer(options, sign, NULL, &key, free_key));
    FAILS(wechatpay_client_new(options, &client), WECHATPAY_ERROR_CONFIG, "conflicting_options", "merchant_private_key");
    wechatpay_options_free(options);
    CHECK(key.freed == 1 && key.asked == 0);
    wechatpay_answer_give(NULL, "x", 1);
    wechatpay_answer_fail(NULL, "x");
}

static void ownership(void) {
    struct key key = {0}, other = {0};
    wechatpay_client *client, *derived, *polled, *merchant;
    wechatpay_options *options = options_without_key();
    OK(wechatpay_options_set_signer(options, sign, NULL, &other, free_key));
    OK(wechatpay_options_set_signer(options, sign, NULL, &key, free_key));
    CHECK(other.freed == 1 && key.freed == 0);
    /* Nothing is freed where there is nothing to do it. */
    OK(wechatpay_options_set_signer(options, sign, NULL, &other, NULL));
    CHECK(key.freed == 1);
    OK(wechatpay_options_set_signer(options, sign, NULL, &key, free_key));
    CHECK(other.freed == 1);

    OK(wechatpay_client_new(options, &client));
    wechatpay_options_free(options);
    OK(wechatpay_client_with_options(client, SECONDS, "off", &derived));
    OK(wechatpay_client_with_poll(derived, NULL, NULL, &polled));
    wechatpay_client_free(client);
    wechatpay_client_free(derived);
    CHECK(key.freed == 1);
    call_once(polled);
    CHECK(key.asked == 1);

    /* Another merchant brings a key of its own. */
    options = wechatpay_options_new();
    OK(wechatpay_options_set(options, "mchid", getenv("WECHATPAY_MCHID")));
    OK(wechatpay_options_set(options, "serial_no", getenv("WECHATPAY_SERIAL_NO")));
    OK(wechatpay_options_set(options, "public_key_id", getenv("WECHATPAY_PUBLIC_KEY_ID")));
    OK(wechatpay_options_set(options, "platform_public_key_path", getenv("WECHATPAY_PLATFORM_PUBLIC_KEY_PATH")));
    OK(wechatpay_options_set_signer(options, sign, NULL, &other, free_key));
    OK(wechatpay_client_for_merchant(polled, options, &merchant));
    wechatpay_options_free(options);
    wechatpay_client_free(polled);
    CHECK(key.freed == 2 && other.freed == 1);
    call_once(merchant);
    CHECK(other.asked == 1);
    wechatpay_client_free(merchant);
    CHECK(other.freed == 2);
}

static void answers(void) {
    static const struct {
        int behaviour;
        const char *problem, *code, *words;
    } cases[] = {
        {FAILS, "the vault is sealed", "signer_failed", "sign failed: the vault is sealed; nothing was sent"},
        {FAILS, "sealed \xff", "signer_failed", "sign failed: sealed \xef\xbf\xbd;"},
        {GIVES_NO_REASON, NULL, "signer_failed", "it gave no reason"},
        {SAYS_NOTHING, NULL, "signer_failed", "it gave no answer"},
        {GIVES_TOO_MUCH, NULL, "signer_failed", "its answer is NULL, but its length is not 0"},
        {GIVES_NULL, NULL, "not_a_signature", "gave nothing"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof *cases; at++) {
        struct key key = {.behaviour = cases[at].behaviour, .problem = cases[at].problem};
        wechatpay_client *client = client_with(&key);
        wechatpay_reply *reply = GARBAGE(wechatpay_reply);
        wechatpay_error *error = wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply);
        CHECK(wechatpay_error_kind(error) == WECHATPAY_ERROR_CONFIG && reply == NULL);
        CHECK(strcmp(wechatpay_error_code(error), cases[at].code) == 0);
        CHECK(strstr(wechatpay_error_text(error), cases[at].words) != NULL);
        CHECK(strcmp(wechatpay_error_field(error), "sign") == 0 && wechatpay_error_may_have_taken_effect(error) == 0);
        wechatpay_error_free(error);
        wechatpay_client_free(client);
        CHECK(key.freed == 1);
    }
    struct key key = {.behaviour = CHANGES_ITS_MIND};
    wechatpay_client *client = client_with(&key);
    call_once(client);
    wechatpay_client_free(client);
}

static void decrypts_on_the_thread_that_calls(void) {
    struct key key = {0};
    wechatpay_client *client = client_with(&key), *other = sandbox_client();
    wechatpay_reply *reply;
    OK(wechatpay_utility(client, "decrypt", "{\"ciphertext\":\"AAEC\"}", 21, &reply));
    CHECK(strcmp(wechatpay_reply_body(reply), "{\"plaintext\":\"plain\"}") == 0);
    wechatpay_reply_free(reply);
    CHECK(pthread_equal(key.asked_on, pthread_self()));
    memset(&key.asked_on, 0, sizeof key.asked_on);
    /* It may make calls of another client. */
    key.other = other;
    call_once(client);
    CHECK(pthread_equal(key.asked_on, pthread_self()));
    wechatpay_client_free(client);
    wechatpay_client_free(other);
}

static void *work(void *client) {
    call_once(client);
    return NULL;
}

/* None comes out before all are inside. */
static void many_threads_ask_at_once(void) {
    pthread_t threads[THREADS];
    pthread_barrier_t together;
    CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
    struct key key = {.together = &together};
    wechatpay_client *client = client_with(&key);
    for (size_t at = 0; at < THREADS; at++) CHECK(pthread_create(&threads[at], NULL, work, client) == 0);
    for (size_t at = 0; at < THREADS; at++) CHECK(pthread_join(threads[at], NULL) == 0);
    CHECK(key.asked == THREADS);
    pthread_barrier_destroy(&together);
    key.together = NULL;
    /* As in threads.c. */
    call_once(client);
    wechatpay_client_free(client);
    CHECK(key.freed == 1);
}

int main(void) {
    refusals();
    ownership();
    answers();
    decrypts_on_the_thread_that_calls();
    many_threads_ask_at_once();
    return done("signer");
}
