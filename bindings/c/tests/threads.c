/* Many threads, one client; and everything that is made at the first use, made by several threads at once. */
#include <pthread.h>

#include "check.h"

#define THREADS 16
#define CALLS 8

static pthread_barrier_t together;

static void *work(void *client) {
    pthread_barrier_wait(&together);
    size_t failures = strlen(wechatpay_operations_json(NULL)) == 0 || wechatpay_option_count() == 0;
    for (int left = CALLS; left > 0; left--) {
        wechatpay_reply *reply;
        wechatpay_client *derived;
        wechatpay_error *error = wechatpay_client_with_options(client, 140, NULL, &derived);
        if (error == NULL) error = wechatpay_call(derived, OPERATION, PARAMS, strlen(PARAMS), &reply);
        if (error != NULL) fprintf(stderr, "%s\n", wechatpay_error_text(error));
        if (error != NULL || wechatpay_reply_status(reply) != 200) failures++;
        wechatpay_error_free(error);
        wechatpay_reply_free(error == NULL ? reply : NULL);
        wechatpay_client_free(derived);
    }
    return (void *)failures;
}

int main(void) {
    pthread_t threads[THREADS];
    wechatpay_client *client = sandbox_client();
    CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (size_t at = 0; at < THREADS; at++) CHECK(pthread_create(&threads[at], NULL, work, client) == 0);
    for (size_t at = 0; at < THREADS; at++) {
        void *failures;
        CHECK(pthread_join(threads[at], &failures) == 0);
        CHECK(failures == NULL);
    }
    pthread_barrier_destroy(&together);
    /* A connection that was still being opened when another thread's became free is only kept while somebody waits: this
     * call lets it be finished, so that it goes with the client, as valgrind wants to see it. */
    call_once(client);
    wechatpay_client_free(client);
    return done("threads");
}
