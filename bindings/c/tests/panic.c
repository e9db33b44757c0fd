/* Panics become errors. Linked with the build that has functions to panic; they are in no header. */
#include "silent.h"

wechatpay_error *wechatpay_test_panic(void);
wechatpay_error *wechatpay_test_panic_in_call(const wechatpay_client *client);
void wechatpay_test_panic_in_free(void);

int main(void) {
    wechatpay_client *client = sandbox_client(), *silent = silent_client();
    wechatpay_error *error = wechatpay_test_panic();
    CHECK(strcmp(wechatpay_error_kind_name(error), "internal") == 0);
    CHECK(wechatpay_error_retryability(error) == WECHATPAY_RETRY_NEVER && wechatpay_error_status(error) == 0);
    CHECK(strstr(wechatpay_error_text(error), "on purpose") == NULL);
    wechatpay_error_free(error);
    error = wechatpay_test_panic_in_call(silent);
    CHECK(wechatpay_error_kind(error) == WECHATPAY_ERROR_INTERNAL);
    CHECK(strstr(wechatpay_error_text(error), "it panicked") != NULL);
    wechatpay_error_free(error);
    wechatpay_test_panic_in_free();
    /* Nothing was broken by it. */
    call_once(client);
    wechatpay_client_free(client);
    wechatpay_client_free(silent);
    return done("panic");
}
