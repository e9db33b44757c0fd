/* What hangs on a client: namespaces of operations, made when they are first looked at, with suggestions for typos. */
#include "php_wechatpay.h"

#include "zend_attributes.h"
#include "zend_exceptions.h"

zend_class_entry *php_wechatpay_operations_ce;

static zend_object_handlers handlers;

/* ---------------------------------------------------------------- the native client behind them */

php_wechatpay_handle *php_wechatpay_handle_new(wechatpay_client *client)
{
    php_wechatpay_handle *handle = pemalloc(sizeof(*handle), 1);
    handle->references = 1;
    handle->client = client;
    handle->functions = NULL;
    return handle;
}

void php_wechatpay_handle_give(zend_object *object, php_wechatpay_handle *handle, zval *functions)
{
    php_wechatpay_object *owner = php_wechatpay_object_of(object);
    owner->handle = handle;
    if (Z_TYPE_P(functions) == IS_ARRAY) {
        ZVAL_COPY(&owner->functions, functions);
        handle->functions = Z_ARRVAL(owner->functions);
    }
}

php_wechatpay_handle *php_wechatpay_handle_share(php_wechatpay_handle *handle)
{
    handle->references++;
    return handle;
}

void php_wechatpay_handle_release(php_wechatpay_handle *handle)
{
    if (handle != NULL && --handle->references == 0) {
        wechatpay_client_free(handle->client);
        pefree(handle, 1);
    }
}

/* ---------------------------------------------------------------- suggestions */

/* By PHP's own levenshtein(); 3 or more is too far. */
static zend_long distance(zend_string *one, zend_string *other)
{
    zval arguments[2];
    zval result;
    zend_function *levenshtein = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("levenshtein"));

    ZVAL_UNDEF(&result);
    ZVAL_STR(&arguments[0], one);
    ZVAL_STR(&arguments[1], other);
    if (levenshtein != NULL) {
        zend_call_known_function(levenshtein, NULL, NULL, &result, 2, arguments, NULL);
    }
    return Z_TYPE(result) == IS_LONG ? Z_LVAL(result) : 3;
}

static void throw_unknown(zend_class_entry *ce, const char *what, zend_string *name)
{
    zend_string *nearest = NULL;
    zend_long least = 3;
    zend_property_info *property;
    zend_function *method;

    ZEND_HASH_FOREACH_PTR(&ce->properties_info, property) {
        zend_long far = distance(name, property->name);
        if (far < least) {
            least = far;
            nearest = property->name;
        }
    } ZEND_HASH_FOREACH_END();
    ZEND_HASH_FOREACH_PTR(&ce->function_table, method) {
        zend_long far = distance(name, method->common.function_name);
        if (far < least) {
            least = far;
            nearest = method->common.function_name;
        }
    } ZEND_HASH_FOREACH_END();
    zend_throw_error(NULL, "%s has no %s %s%s%s%s", ZSTR_VAL(ce->name), what, ZSTR_VAL(name),
        nearest ? "; did you mean " : "", nearest ? ZSTR_VAL(nearest) : "", nearest ? "?" : "");
}

/* ---------------------------------------------------------------- objects */

static zend_object *create(zend_class_entry *ce)
{
    php_wechatpay_object *made = zend_object_alloc(sizeof(*made), ce);
    made->handle = NULL;
    ZVAL_UNDEF(&made->functions);
    zend_object_std_init(&made->std, ce);
    object_properties_init(&made->std, ce);
    made->std.handlers = &handlers;
    return &made->std;
}

static void destroy(zend_object *object)
{
    php_wechatpay_object *owner = php_wechatpay_object_of(object);
    php_wechatpay_handle_release(owner->handle);
    zval_ptr_dtor(&owner->functions);
    zend_object_std_dtor(object);
}

/* Callables may hold what holds the client: PHP's collector of cycles must see them. */
static HashTable *garbage(zend_object *object, zval **values, int *count)
{
    zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
    zend_get_gc_buffer_add_zval(buffer, &php_wechatpay_object_of(object)->functions);
    for (int at = 0; at < object->ce->default_properties_count; at++) {
        zend_get_gc_buffer_add_zval(buffer, &object->properties_table[at]);
    }
    zend_get_gc_buffer_use(buffer, values, count);
    return NULL;
}

/* Makes what a property is for, a namespace or the receiver of notifications, at the first look; false: there is no such
 * property. A client without an APIv3 key has no receiver: `error` says so, and is the caller's. */
static bool fill(zend_object *object, zend_string *name, wechatpay_error **error)
{
    zend_property_info *property = zend_hash_find_ptr(&object->ce->properties_info, name);
    *error = NULL;
    if (property == NULL) {
        return false;
    }
    zval *slot = OBJ_PROP(object, property->offset);
    php_wechatpay_handle *handle = php_wechatpay_object_of(object)->handle;
    if (Z_TYPE_P(slot) == IS_UNDEF && handle != NULL && ZEND_TYPE_HAS_NAME(property->type)) {
        zend_class_entry *ce = zend_lookup_class(ZEND_TYPE_NAME(property->type));
        if (ce == php_wechatpay_notifications_ce) {
            *error = php_wechatpay_init_notifications(slot, handle->client);
            return true;
        }
        object_init_ex(slot, ce);
        zval *functions = &php_wechatpay_object_of(object)->functions;
        php_wechatpay_handle_give(Z_OBJ_P(slot), php_wechatpay_handle_share(handle), functions);
    }
    return true;
}

static zval *read_property(zend_object *object, zend_string *name, int type, void **cache_slot, zval *rv)
{
    wechatpay_error *error;
    if (!fill(object, name, &error)) {
        throw_unknown(object->ce, "operations", name);
        return &EG(uninitialized_zval);
    }
    if (error != NULL) {
        php_wechatpay_throw(error);
        return &EG(uninitialized_zval);
    }
    return zend_std_read_property(object, name, type, cache_slot, rv);
}

static int has_property(zend_object *object, zend_string *name, int check, void **cache_slot)
{
    wechatpay_error *error;
    fill(object, name, &error);
    wechatpay_error_free(error);
    return zend_std_has_property(object, name, check, cache_slot);
}

static zend_function *get_method(zend_object **object, zend_string *name, const zval *key)
{
    zend_function *method = zend_std_get_method(object, name, key);
    if (method == NULL && !EG(exception)) {
        throw_unknown((*object)->ce, "method", name);
    }
    return method;
}

static zend_function *get_constructor(zend_object *object)
{
    if (object->ce == php_wechatpay_client_ce) {
        return zend_std_get_constructor(object);
    }
    zend_throw_error(NULL, "%s is not made by itself: it hangs on a WechatPay\\Client", ZSTR_VAL(object->ce->name));
    return NULL;
}

/* What var_dump and the like see: whose client it is. */
static HashTable *shown(zend_object *object, zend_prop_purpose purpose)
{
    php_wechatpay_handle *handle = php_wechatpay_object_of(object)->handle;
    HashTable *properties = zend_new_array(1);
    if (handle != NULL) {
        zval mchid;
        ZVAL_STRING(&mchid, wechatpay_client_mchid(handle->client));
        zend_hash_str_add_new(properties, ZEND_STRL("mchid"), &mchid);
    }
    return properties;
}

/* ---------------------------------------------------------------- classes */

void php_wechatpay_mark_sensitive(zend_class_entry *ce, const char *method, uint32_t argument)
{
#if PHP_VERSION_ID >= 80200
    zend_function *function = zend_hash_str_find_ptr_lc(&ce->function_table, method, strlen(method));
    zend_string *name = zend_string_init_interned(ZEND_STRL("SensitiveParameter"), 1);
    zend_add_parameter_attribute(function, argument, name, 0);
    zend_string_release(name);
#endif
}

void php_wechatpay_declare_object(zend_class_entry *ce, const char *name, const char *class_name)
{
    zval undefined;
    zend_string *property = zend_string_init_interned(name, strlen(name), 1);
    zend_string *type = zend_string_init_interned(class_name, strlen(class_name), 1);
    ZVAL_UNDEF(&undefined);
    zend_declare_typed_property(ce, property, &undefined, ZEND_ACC_PUBLIC | ZEND_ACC_READONLY, NULL,
        (zend_type) ZEND_TYPE_INIT_CLASS(type, 0, 0));
    zend_string_release(property);
    zend_string_release(type);
}

zend_class_entry *php_wechatpay_register_namespace(const php_wechatpay_namespace *namespace)
{
    zend_class_entry ce;
    INIT_CLASS_ENTRY_EX(ce, namespace->class_name, strlen(namespace->class_name), namespace->methods);
    zend_class_entry *made = zend_register_internal_class_ex(&ce, NULL);
    made->create_object = create;
    made->ce_flags |= ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    for (const php_wechatpay_property *child = namespace->properties; child->name != NULL; child++) {
        php_wechatpay_declare_object(made, child->name, child->class_name);
    }
    for (const zend_function_entry *method = namespace->methods; method->fname != NULL; method++) {
        if (method->num_args > 0) {
            php_wechatpay_mark_sensitive(made, method->fname, 0);
        }
    }
    return made;
}

void php_wechatpay_register_namespaces(void)
{
    memcpy(&handlers, zend_get_std_object_handlers(), sizeof(handlers));
    handlers.offset = XtOffsetOf(php_wechatpay_object, std);
    handlers.free_obj = destroy;
    handlers.clone_obj = NULL;
    handlers.get_gc = garbage;
    handlers.read_property = read_property;
    handlers.has_property = has_property;
    handlers.get_method = get_method;
    handlers.get_constructor = get_constructor;
    handlers.get_properties_for = shown;

    for (size_t at = 0; at < php_wechatpay_namespace_count; at++) {
        zend_class_entry *ce = php_wechatpay_register_namespace(&php_wechatpay_namespaces[at]);
        if (at + 1 < php_wechatpay_namespace_count) {
            ce->ce_flags |= ZEND_ACC_FINAL;
        } else {
            ce->ce_flags |= ZEND_ACC_EXPLICIT_ABSTRACT_CLASS;
            php_wechatpay_operations_ce = ce;
        }
    }
}
