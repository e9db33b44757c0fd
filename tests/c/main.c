/* The shared cases and vectors through the installed C library: suite TESTS_FOLDER WORK_FOLDER.
 * WECHATPAY_BIN names the command that runs the sandbox; with WECHATPAY_RESULTS the outcomes go to c.json there. */
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "json.h"
#include "sandbox.h"
#include "vectors.h"

#define AT_LEAST 60

struct tally {
    int passed, failed;
};

static int count(void *context, const char *name, struct problems *problems) {
    struct tally *tally = context;
    int passed = problems->count == 0;
    if (passed) tally->passed++;
    else tally->failed++;
    if (!passed) fprintf(stderr, "FAILED %s\n%s", name, problems->text);
    problems_clear(problems);
    return passed;
}

static void count_vector(void *context, const char *name, struct problems *problems) {
    char shown[256];
    snprintf(shown, sizeof shown, "vector: %s", name);
    count(context, shown, problems);
}

static void write_results(const json_t *cases) {
    char path[4096];
    const char *folder = getenv("WECHATPAY_RESULTS");
    if (folder == NULL) return;
    snprintf(path, sizeof path, "%s/c.json", folder);
    json_t *results = json_pack("{ss sO}", "language", "c", "cases", cases);
    if (json_dump_file(results, path, JSON_INDENT(1)) != 0) broken("cannot write %s", path);
    json_decref(results);
}

int main(int count_of_arguments, char **arguments) {
    const char *binary = getenv("WECHATPAY_BIN");
    if (count_of_arguments != 3 || binary == NULL) broken("WECHATPAY_BIN=… %s TESTS_FOLDER WORK_FOLDER", arguments[0]);
    json_t *info = sandbox_start(binary, arguments[2]), *cases = cases_load(arguments[1]), *record;
    json_t *outcomes = json_object();
    struct place place = {arguments[1], info, arguments[2], NULL, NULL};
    struct tally tally = {0};
    size_t at;
    json_array_foreach(cases, at, record) {
        const char *name = json_string_value(json_object_get(record, "name"));
        struct problems problems = {0};
        if (json_object_get(outcomes, name) != NULL) broken("%s comes twice", name);
        case_run(&place, record, BY_ID, &problems);
        if (problems.count == 0) case_run(&place, record, BY_FUNCTION, &problems);
        int passed = count(&tally, name, &problems);
        json_object_set_new(outcomes, name, json_string(passed ? "passed" : "failed"));
    }
    if (json_array_size(cases) < AT_LEAST) broken("only %zu cases", json_array_size(cases));
    write_results(outcomes);
    vectors_run(&place, count_vector, &tally);
    json_decref(outcomes);
    json_decref(cases);
    json_decref(info);
    printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
