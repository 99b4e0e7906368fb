/* Threads with a lock, a condition and their own data. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread int mine;
static int sum;

static void *work(void *given) {
  mine = (int)(long)given;
  usleep(1000);
  pthread_mutex_lock(&lock);
  sum += mine;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  pthread_mutex_lock(&lock);
  while (sum != 6) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  printf("%d\n", sum);
  return 0;
}
