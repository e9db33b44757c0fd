/* The local WeChat Pay: started from WECHATPAY_BIN, told what to do through its admin listener. */
#ifndef SUITE_SANDBOX_H
#define SUITE_SANDBOX_H

#include <jansson.h>

/* Starts it with its keys in `folder`; it is stopped when the program ends. Returns its description. */
json_t *sandbox_start(const char *binary, const char *folder);

/* Sends one request to the admin listener and returns the JSON of its answer, which must be 200. */
json_t *sandbox_admin(const json_t *info, const char *method, const char *path, const json_t *body);

/* The same where the answer does not matter. */
void sandbox_tell(const json_t *info, const char *method, const char *path, const json_t *body);

#endif
