/* Reads a notification as a server received it, and shows what to answer. The options come from WECHATPAY_* variables;
 * of these the platform's public key with its id, and the APIv3 key, are enough.
 *
 *     cc -o notification notification.c $(pkg-config --cflags --libs wechatpay)
 *     ./notification HEADERS_FILE BODY_FILE
 *
 * HEADERS_FILE holds the request's headers as a JSON object, BODY_FILE its body byte for byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wechatpay.h>

/* The whole of a file; NULL where it cannot be read. */
static char *read_file(const char *path, size_t *length) {
    static const size_t most = 1 << 20;
    FILE *file = fopen(path, "rb");
    char *bytes = file == NULL ? NULL : malloc(most);
    if (bytes != NULL) *length = fread(bytes, 1, most, file);
    if (file != NULL) fclose(file);
    if (bytes == NULL) perror(path);
    return bytes;
}

/* What the server says to the platform: {"status", "headers", "body"}. */
static void answer(wechatpay_error *error, wechatpay_reply *reply) {
    if (error != NULL) fprintf(stderr, "%s\n", wechatpay_error_text(error));
    else printf("%s\n", wechatpay_reply_body(reply));
    wechatpay_error_free(error);
    wechatpay_reply_free(reply);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s HEADERS_FILE BODY_FILE\n", argv[0]);
        return 2;
    }
    /* Once per process; any number of threads may use it. */
    wechatpay_notifications *notifications;
    wechatpay_error *error = wechatpay_notifications_from_env(&notifications);
    if (error != NULL) {
        fprintf(stderr, "%s\n", wechatpay_error_text(error));
        wechatpay_error_free(error);
        return 2;
    }

    int status = 2;
    size_t headers_length = 0, body_length = 0;
    char *headers = read_file(argv[1], &headers_length), *body = read_file(argv[2], &body_length);
    wechatpay_reply *notification = NULL, *said = NULL;
    if (headers != NULL && body != NULL) {
        error = wechatpay_notifications_parse(notifications, headers, headers_length, body, body_length, &notification);
        if (error == NULL) {
            /* Store it under its id, which tells a repetition, and answer then. */
            printf("%s\n", wechatpay_reply_body(notification));
            error = wechatpay_notifications_ack(&said);
            status = 0;
        } else {
            fprintf(stderr, "%s\n", wechatpay_error_text(error));
            wechatpay_error_free(error);
            error = wechatpay_notifications_failure("not accepted", &said);
            status = 1;
        }
        answer(error, said);
    }
    wechatpay_reply_free(notification);
    wechatpay_notifications_free(notifications);
    free(headers);
    free(body);
    return status;
}
