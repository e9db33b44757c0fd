/* What the sources of the extension share. */
#ifndef PHP_WECHATPAY_H
#define PHP_WECHATPAY_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>

#include "php.h"
#include "zend_smart_str.h"

#include <pthread.h>
#include <signal.h>
#include <wechatpay.h>

#if defined(ZTS) && defined(COMPILE_DL_WECHATPAY)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

/* ---------------------------------------------------------------- the process */

/* Of a call that is under way; see call.c. */
typedef struct php_wechatpay_wait php_wechatpay_wait;

ZEND_BEGIN_MODULE_GLOBALS(wechatpay)
    /* Key -> client, kept between requests. */
    HashTable persistent;
    /* Configuration -> store of processed notifications, kept likewise. */
    HashTable seen;
    php_wechatpay_wait *wait;
ZEND_END_MODULE_GLOBALS(wechatpay)

ZEND_EXTERN_MODULE_GLOBALS(wechatpay)
#define WECHATPAY_G(member) ZEND_MODULE_GLOBALS_ACCESSOR(wechatpay, member)

extern zend_module_entry wechatpay_module_entry;
#define phpext_wechatpay_ptr &wechatpay_module_entry

/* ---------------------------------------------------------------- clients and namespaces */

/* The native client, shared by a Client, the namespaces that hang on it and the persistent table. */
typedef struct {
    uint32_t references;
    wechatpay_client *client;
    /* The callables that the client was given, else NULL. Borrowed: the objects hold them. */
    HashTable *functions;
} php_wechatpay_handle;

typedef struct {
    /* NULL until the constructor has run. */
    php_wechatpay_handle *handle;
    /* An array of the callables that the client was given, if any. */
    zval functions;
    zend_object std;
} php_wechatpay_object;

static inline php_wechatpay_object *php_wechatpay_object_of(zend_object *object)
{
    return (php_wechatpay_object *) ((char *) object - XtOffsetOf(php_wechatpay_object, std));
}

/* Takes over the client. */
php_wechatpay_handle *php_wechatpay_handle_new(wechatpay_client *client);
/* Gives an object the handle, which it takes over, and a reference to the callables. */
void php_wechatpay_handle_give(zend_object *object, php_wechatpay_handle *handle, zval *functions);
/* Of a Client. NULL: an exception has been thrown. */
php_wechatpay_handle *php_wechatpay_own_handle(zval *client);
php_wechatpay_handle *php_wechatpay_handle_share(php_wechatpay_handle *handle);
void php_wechatpay_handle_release(php_wechatpay_handle *handle);

/* A property of a namespace, and the class of the namespace in it; {NULL} ends a list. */
typedef struct {
    const char *name;
    const char *class_name;
} php_wechatpay_property;

typedef struct {
    const char *class_name;
    const zend_function_entry *methods;
    const php_wechatpay_property *properties;
} php_wechatpay_namespace;

/* Generated, in generated/operations.c. The last one is WechatPay\Operations, what a client has. */
extern const php_wechatpay_namespace php_wechatpay_namespaces[];
extern const size_t php_wechatpay_namespace_count;

extern zend_class_entry *php_wechatpay_operations_ce;
extern zend_class_entry *php_wechatpay_client_ce;
extern zend_class_entry *php_wechatpay_reply_ce;
extern zend_class_entry *php_wechatpay_notifications_ce;

void php_wechatpay_register_namespaces(void);
void php_wechatpay_register_client(void);
void php_wechatpay_register_invocation(void);
void php_wechatpay_register_notifications(void);
void php_wechatpay_register_seen(void);
void php_wechatpay_register_items(void);

/* A class of what hangs on a client and has no constructor; its methods find the client's handle in their object. */
zend_class_entry *php_wechatpay_register_namespace(const php_wechatpay_namespace *namespace);

/* Declares a property that is read only: of a type, or of a class. */
void php_wechatpay_declare(zend_class_entry *ce, const char *name, uint32_t type);
void php_wechatpay_declare_object(zend_class_entry *ce, const char *name, const char *class_name);

/* Makes the receiver of a client's notifications; the error is the caller's, and `value` then as it was. */
wechatpay_error *php_wechatpay_init_notifications(zval *value, const wechatpay_client *client);

/* Hides the arguments of a method from stack traces, where PHP can. */
void php_wechatpay_mark_sensitive(zend_class_entry *ce, const char *method, uint32_t argument);

/* ---------------------------------------------------------------- calls */

typedef wechatpay_error *(*php_wechatpay_send)(
    const wechatpay_client *client, const void *arguments, wechatpay_reply **reply);

/* Makes a call and waits for it, with signals let in. NULL: an exception has been thrown. */
wechatpay_reply *php_wechatpay_run(php_wechatpay_handle *handle, php_wechatpay_send send, const void *arguments);

/* Calls an operation; what it gives, or an exception. */
void php_wechatpay_call(php_wechatpay_handle *handle, const char *operation, zval *params, zval *return_value);

/* Does what is no operation, by its name. */
void php_wechatpay_utility(php_wechatpay_handle *handle, const char *name, zval *params, zval *return_value);

/* Those of a utility that calls an operation; `record` may be NULL. */
void php_wechatpay_operation_params(zval *params, zend_string *operation, zval *record);

/* What the generated methods do. */
void php_wechatpay_operation(INTERNAL_FUNCTION_PARAMETERS, const char *operation);

/* Keeps PHP's signal handlers out of the library: its threads inherit the mask. The mask before is given back. */
void php_wechatpay_block_signals(sigset_t *before);

/* Asked by the library during a call, every 50 ms. */
int php_wechatpay_keep_going(void *context);

/* Lets no signal through to this thread, nor to those that it starts; `before` is what pthread_sigmask restores. */
void php_wechatpay_block_signals(sigset_t *before);

/* Around the code of the application that runs during a call. */
void php_wechatpay_let_signals_in(const php_wechatpay_wait *wait);
void php_wechatpay_keep_signals_out(php_wechatpay_wait *wait, bool bailed_out);
HashTable *php_wechatpay_functions_of(const php_wechatpay_wait *wait);

/* Whether neither an exception nor a fatal error has ended the call, or is about to. */
bool php_wechatpay_goes_on(const php_wechatpay_wait *wait);

/* Takes the exception away that the merchant's key threw, for the end of the call. */
void php_wechatpay_keep_thrown(php_wechatpay_wait *wait);

/* ---------------------------------------------------------------- the callables of a client */

/* Whether an option is one of its callables. */
bool php_wechatpay_is_function(const zend_string *name);

/* Adds one to the array that they make; false: a ConfigException has been thrown. */
bool php_wechatpay_add_function(zval *functions, zend_string *name, zval *function);

/* Tells a callable that watches the call that is under way, and frees the arguments. What it throws becomes a warning, which
 * names it. */
void php_wechatpay_tell(php_wechatpay_wait *wait, const char *name, zval *function, uint32_t count, zval *arguments);

/* Puts a client in place of it that tells 'on_attempt', if that is among the callables; with an error there is none. */
wechatpay_error *php_wechatpay_watch(wechatpay_client **client, const zval *functions);

/* The attempts of an error, as a list of arrays. */
void php_wechatpay_attempts(zval *list, const wechatpay_error *error);

/* Tells the library of those for the merchant's key; the error is the caller's. */
wechatpay_error *php_wechatpay_set_signer(wechatpay_options *options, const zval *functions);

/* ---------------------------------------------------------------- JSON */

/* Adds the value as JSON; an empty array is an object here. false: an InvalidRequestException that names the culprit. */
bool php_wechatpay_encode(smart_str *json, zval *value, const char *name, const char *operation);

/* JSON as PHP values: objects as arrays, whole numbers that PHP has no room for as text. */
bool php_wechatpay_decode(zval *value, const char *json, size_t length);

/* The body of a reply: array, text (a file) or null; false: an exception has been thrown. */
bool php_wechatpay_decode_reply(zval *value, const wechatpay_reply *reply, const char *operation);

/* ---------------------------------------------------------------- files */

/* The parameters of an operation, its files as the library takes them; what a stream holds is there as long as `spooled`. The
 * caller frees both, also with an exception, which false tells. */
bool php_wechatpay_read_files(zval *record, zval *spooled, zval *params, const char *operation);

ZEND_NAMED_FUNCTION(php_wechatpay_download);
ZEND_NAMED_FUNCTION(php_wechatpay_download_url);
ZEND_NAMED_FUNCTION(php_wechatpay_iterate);

/* ---------------------------------------------------------------- options */

/* NULL: a ConfigException has been thrown. `functions` gets an array of the callables among them, where there are some; the caller frees it, also with an exception. Where it is NULL, they are no options. */
wechatpay_options *php_wechatpay_options(HashTable *options, zval *functions);

#define PHP_WECHATPAY_DIGEST_SIZE 32
/* Of the options in any order. */
void php_wechatpay_options_digest(HashTable *options, unsigned char digest[PHP_WECHATPAY_DIGEST_SIZE]);

/* Whether text can be handed to C as it is. */
bool php_wechatpay_is_plain(const zend_string *text);

/* ---------------------------------------------------------------- exceptions */

void php_wechatpay_register_exceptions(void);

/* Throws and frees the error. */
void php_wechatpay_throw(wechatpay_error *error);

/* What the library cannot say, since it never saw it. `operation` may be NULL. */
void php_wechatpay_throw_option(const char *option, const char *problem);
void php_wechatpay_throw_argument(const char *operation, const char *argument, const char *problem);
void php_wechatpay_throw_reply(const char *operation, const wechatpay_reply *reply, const char *problem);

#ifdef WECHATPAY_TEST_HOOKS
extern const zend_function_entry php_wechatpay_test_hooks[];
#endif

#endif
