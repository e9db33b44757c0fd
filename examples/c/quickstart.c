/* Opens the custom page of a sub-merchant. The client's options come from WECHATPAY_* variables.
 *
 *     cc -o quickstart quickstart.c $(pkg-config --cflags --libs wechatpay)
 *     ./quickstart 1900000109
 */
#include <stdio.h>
#include <string.h>
#include <wechatpay.h>

/* Says what is known of a failure, frees it, and gives the status for exit. */
static int failed(wechatpay_error *error) {
    fprintf(stderr, "%s\n", wechatpay_error_text(error));
    if (wechatpay_error_may_have_taken_effect(error)) {
        fprintf(stderr, "It may have taken effect: query the state before you repeat it.\n");
    }
    wechatpay_error_free(error);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s SUB_MCHID\n", argv[0]);
        return 2;
    }
    wechatpay_client *client;
    wechatpay_error *error = wechatpay_client_from_env(&client);
    if (error != NULL) return failed(error);

    char json[128];
    snprintf(json, sizeof json, "{\"sub_mchid\": \"%.32s\", \"operation_type\": \"OPEN\"}", argv[1]);
    wechatpay_reply *reply;
    error = wechatpay_goldplan_merchants_change_custom_page_status(client, json, strlen(json), &reply);
    wechatpay_client_free(client);
    if (error != NULL) return failed(error);

    printf("%s\n", wechatpay_reply_body(reply));
    wechatpay_reply_free(reply);
    return 0;
}
