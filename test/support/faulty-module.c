/*
 * A PKCS#11 module that is SoftHSM, until a file says otherwise: with "hang" in it C_Encrypt and
 * C_Decrypt never return, with "crash" they end the process, with a number they take so many
 * milliseconds, with "flip" C_Encrypt changes a bit of what it makes of 32 bytes (not of
 * what a key is named by). Environment: REAL_MODULE, FAULT_FILE.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long Result;
typedef Result (*Cipher)(unsigned long, unsigned char *, unsigned long, unsigned char *,
                         unsigned long *);
typedef Result (*Getter)(void **);

/* CK_FUNCTION_LIST: a version, then pointers, of which these are C_Encrypt and C_Decrypt. */
enum { VERSION_SLOT = 1, FUNCTIONS = 68, ENCRYPT = 31, DECRYPT = 35 };

static void *functions[VERSION_SLOT + FUNCTIONS];
static Cipher real_encrypt, real_decrypt;

/* Returns whether a bit is to be changed. */
static int misbehave(void) {
  char fault[16] = "";
  FILE *file = fopen(getenv("FAULT_FILE"), "r");
  if (file == NULL) return 0;
  if (fgets(fault, sizeof fault, file) == NULL) fault[0] = '\0';
  fclose(file);
  if (strncmp(fault, "crash", 5) == 0) abort();
  while (strncmp(fault, "hang", 4) == 0) pause();
  usleep((useconds_t)atoi(fault) * 1000);
  return strncmp(fault, "flip", 4) == 0;
}

static Result encrypt(unsigned long session, unsigned char *in, unsigned long in_bytes,
                      unsigned char *out, unsigned long *out_bytes) {
  int flips = misbehave();
  Result result = real_encrypt(session, in, in_bytes, out, out_bytes);
  if (flips && in_bytes == 32 && out != NULL && result == 0) out[0] ^= 1;
  return result;
}

static Result decrypt(unsigned long session, unsigned char *in, unsigned long in_bytes,
                      unsigned char *out, unsigned long *out_bytes) {
  misbehave();
  return real_decrypt(session, in, in_bytes, out, out_bytes);
}

Result C_GetFunctionList(void **list) {
  void *module = dlopen(getenv("REAL_MODULE"), RTLD_NOW);
  Getter get = module == NULL ? NULL : (Getter)dlsym(module, "C_GetFunctionList");
  void **real = NULL;
  if (get == NULL || get((void **)&real) != 0) return 5;
  memcpy(functions, real, sizeof functions);
  real_encrypt = (Cipher)real[ENCRYPT];
  real_decrypt = (Cipher)real[DECRYPT];
  functions[ENCRYPT] = (void *)encrypt;
  functions[DECRYPT] = (void *)decrypt;
  *list = functions;
  return 0;
}
