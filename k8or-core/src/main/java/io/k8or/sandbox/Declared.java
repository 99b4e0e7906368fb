package io.k8or.sandbox;

import io.k8or.sandbox.ServiceText.Said;
import io.k8or.services.Service;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much memory and how many processors a service's own declarations lead to.
 *
 * @param memory bytes that it may use
 * @param memoryReason what says so
 * @param workers how many threads or processes of it compute at once
 * @param millis thousandths of a processor that it may use
 * @param cpuReason what says so
 * @param assumed whether nothing is declared
 */
record Declared(
    long memory,
    String memoryReason,
    long workers,
    long millis,
    String cpuReason,
    boolean assumed) {
  private static final long MIB = Quantity.MIB;
  private static final long DEFAULT_MEMORY = 256 * MIB;
  private static final long MAX_WORKERS = 1024;

  static Declared of(ImageSnapshot image, Service service) throws IOException {
    return new Search(new ServiceText(image, service), service).run();
  }

  /** One look at what is declared. */
  private static final class Search {
    private final ServiceText text;
    private final Service service;
    private long memory;
    private final List<String> memoryReasons = new ArrayList<>();
    private long workers = 1;
    private String cpuReason = "nothing is declared; one processor at most";

    Search(ServiceText text, Service service) {
      this.text = text;
      this.service = service;
    }

    Declared run() {
      java();
      node();
      go();
      python();
      nginx();
      redis();
      postgres();
      memcached();
      haproxy();
      others();
      workers = Math.min(workers, MAX_WORKERS);
      long millis = workers * 1000;
      Optional<Said> quota = limit("CPUQuota");
      if (quota.isPresent() && quota.get().value().matches("[1-9]\\d{0,5}%")) {
        // Percent of one processor.
        millis = number(quota.get().value().replace("%", ""), 100) * 10;
        workers = Math.min(workers, Math.max(1, (millis + 999) / 1000));
        cpuReason = quota.get().evidence();
      }
      // A supervisor's own limit is no rule of thumb: the service is known to live with it.
      for (String name : List.of("MemoryMax", "MemoryLimit", "MemoryHigh")) {
        Optional<Said> said = limit(name).filter(each -> bytes(each) > 0);
        if (said.isPresent()) {
          return new Declared(
              Math.max(bytes(said.get()), 16 * MIB),
              said.get().evidence(),
              workers,
              millis,
              cpuReason,
              false);
        }
      }
      boolean assumed = memoryReasons.isEmpty();
      return new Declared(
          assumed ? DEFAULT_MEMORY : Math.max(memory, 16 * MIB),
          assumed ? "nothing is declared; 256Mi are assumed" : String.join("; ", memoryReasons),
          workers,
          millis,
          cpuReason,
          assumed);
    }

    private Optional<Said> limit(String name) {
      for (Service.Fact fact : service.facts()) {
        if (fact.kind() == Service.Kind.LIMIT && fact.value().startsWith(name + "=")) {
          String value = fact.value().substring(name.length() + 1);
          return Optional.of(new Said(value, fact.evidence() + ": " + fact.value()));
        }
      }
      return Optional.empty();
    }

    private void java() {
      String[] variables = {
        "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS"
      };
      Optional<Said> heap = text.word("-(?:Xmx|XX:MaxHeapSize=)(\\d+[kKmMgGtT]?)", variables);
      Optional<Said> direct = text.word("-XX:MaxDirectMemorySize=(\\d+[kKmMgG]?)", variables);
      Optional<Said> metaspace = text.word("-XX:MaxMetaspaceSize=(\\d+[kKmMgG]?)", variables);
      if (heap.isPresent()) {
        long bytes = bytes(heap.get());
        long beside =
            metaspace.map(Search::bytes).orElse(96 * MIB)
                + direct.map(Search::bytes).orElse(0L)
                + bytes / 8
                + 64 * MIB;
        say(
            bytes + beside,
            heap.get().evidence() + ", and " + Quantity.mebibytes(beside) + " beside the heap");
      } else if (text.runs("java")) {
        Optional<Said> share = text.word("-XX:MaxRAMPercentage=([\\d.]+)", variables);
        say(
            512 * MIB,
            share
                .map(said -> said.evidence() + " % of the limit are heap; 512Mi are assumed")
                .orElse("Java without -Xmx takes a quarter of the limit as heap; 512Mi assumed"));
      }
      text.word("-XX:ActiveProcessorCount=(\\d+)", variables).ifPresent(this::count);
    }

    private void node() {
      text.word("--max[-_]old[-_]space[-_]size=(\\d+)", "NODE_OPTIONS")
          .ifPresent(
              said -> {
                long heap = number(said.value(), 512) * MIB;
                say(heap + heap / 4 + 64 * MIB, said.evidence() + " MiB, a quarter and 64Mi more");
              });
    }

    private void go() {
      text.variable("GOMEMLIMIT")
          .ifPresent(said -> say(bytes(said) / 9 * 10, said.evidence() + ", a ninth more"));
      text.variable("GOMAXPROCS").ifPresent(this::count);
    }

    private void python() {
      if (!text.runs("gunicorn\\d?|uvicorn|hypercorn|uwsgi|puma|unicorn")
          && text.word("(gunicorn|uvicorn|hypercorn)").isEmpty()) {
        return;
      }
      Optional<Said> said =
          text.option("-w|--workers|--processes|-p")
              .or(() -> text.word("(?:-w|--workers)=?(\\d+)", "GUNICORN_CMD_ARGS"))
              .or(() -> text.variable("WEB_CONCURRENCY"))
              .or(() -> text.line("workers|processes"));
      long count = said.map(each -> number(each.value(), 1)).orElse(1L);
      said.ifPresent(this::count);
      say(
          64 * MIB + count * 128 * MIB,
          said.map(Said::evidence).orElse("one worker, since no number is declared")
              + ": 128Mi for each worker and 64Mi");
    }

    private void nginx() {
      if (!text.runs("nginx")) {
        return;
      }
      Optional<Said> processes = text.line("worker_processes");
      boolean auto = processes.filter(said -> said.value().equals("auto")).isPresent();
      long count = auto ? 2 : processes.map(said -> number(said.value(), 1)).orElse(1L);
      Optional<Said> connections = text.line("worker_connections");
      long each = 8 * MIB + connections.map(c -> number(c.value(), 512)).orElse(512L) * 16384;
      workers = Math.max(workers, count);
      cpuReason =
          processes.map(Said::evidence).orElse("worker_processes is 1 by itself")
              + (auto ? ", taken for 2" : "");
      say(
          16 * MIB + count * each,
          cpuReason
              + "; "
              + connections.map(Said::evidence).orElse("worker_connections is 512 by itself")
              + ": 8Mi for each process, 16Ki for each connection, and 16Mi");
    }

    private void redis() {
      if (!text.runs("(redis|valkey|keydb)-server")) {
        return;
      }
      Optional<Said> max = text.option("--maxmemory").or(() -> text.line("maxmemory"));
      long bytes = max.map(Search::bytes).orElse(0L);
      if (bytes > 0) {
        say(
            bytes + bytes / 2 + 32 * MIB,
            max.orElseThrow().evidence() + ", half as much for the copy while it saves, and 32Mi");
      } else {
        say(256 * MIB, "maxmemory is not set, so data grows to the limit; 256Mi are assumed");
      }
    }

    private void postgres() {
      if (!text.runs("postgres|postmaster|pg_ctlcluster")) {
        return;
      }
      Optional<Said> shared =
          text.word("shared_buffers=(\\w+)").or(() -> text.line("shared_buffers"));
      Optional<Said> connections =
          text.word("max_connections=(\\d+)").or(() -> text.line("max_connections"));
      Optional<Said> work = text.word("work_mem=(\\w+)").or(() -> text.line("work_mem"));
      long buffers = shared.map(Search::bytes).orElse(128 * MIB);
      long count = connections.map(c -> number(c.value(), 100)).orElse(100L);
      long each = work.map(Search::bytes).orElse(4 * MIB);
      say(
          buffers + count * each + 96 * MIB,
          shared.map(Said::evidence).orElse("shared_buffers is 128MB by itself")
              + "; "
              + connections.map(Said::evidence).orElse("max_connections is 100 by itself")
              + ", each with work_mem ("
              + Quantity.mebibytes(each)
              + "), and 96Mi");
      workers = Math.max(workers, 2);
      cpuReason = "a process for each connection; two processors at most";
    }

    private void memcached() {
      if (!text.runs("memcached")) {
        return;
      }
      Optional<Said> size = text.option("-m|--memory-limit").or(() -> text.line("-m"));
      long bytes = size.map(said -> number(said.value(), 64)).orElse(64L) * MIB;
      say(
          bytes + bytes / 4 + 32 * MIB,
          size.map(said -> said.evidence() + " MiB").orElse("64 MiB by itself")
              + ", a quarter and 32Mi more");
      Optional<Said> threads = text.option("-t|--threads").or(() -> text.line("-t"));
      workers = Math.max(workers, threads.map(t -> number(t.value(), 4)).orElse(4L));
      cpuReason = threads.map(Said::evidence).orElse("4 threads by itself");
    }

    private void haproxy() {
      if (!text.runs("haproxy")) {
        return;
      }
      Optional<Said> connections = text.line("maxconn");
      long count = connections.map(said -> number(said.value(), 2000)).orElse(2000L);
      say(
          48 * MIB + count * 2 * 17 * 1024,
          connections.map(Said::evidence).orElse("no maxconn; 2000 are assumed")
              + ": two buffers of 17Ki for each connection, and 48Mi");
      text.line("nbthread").ifPresent(this::count);
    }

    private void others() {
      if (text.runs("php-fpm[\\d.]*")) {
        text.line("pm\\.max_children")
            .ifPresent(
                said -> {
                  count(said);
                  say(
                      32 * MIB + number(said.value(), 5) * 64 * MIB,
                      said.evidence() + ": 64Mi for each child, and 32Mi");
                });
      }
      if (text.runs("mysqld|mariadbd|mysqld_safe|mariadbd-safe")) {
        Optional<Said> pool = text.line("innodb[-_]buffer[-_]pool[-_]size");
        say(
            pool.map(Search::bytes).orElse(128 * MIB) + 384 * MIB,
            pool.map(Said::evidence).orElse("the buffer pool is 128 MiB by itself")
                + ", and 384Mi for connections and the rest");
      }
      if (text.runs("lighttpd")) {
        Optional<Said> connections = text.line("server\\.max-connections");
        text.line("server\\.max-worker").ifPresent(this::count);
        say(
            16 * MIB
                + workers
                    * (8 * MIB
                        + connections.map(c -> number(c.value(), 1024)).orElse(1024L) * 16384),
            connections.map(Said::evidence).orElse("server.max-connections is taken for 1024")
                + ": 16Ki for each connection, 8Mi for each worker, and 16Mi");
      }
    }

    private void count(Said said) {
      workers = Math.max(workers, number(said.value(), 1));
      cpuReason = said.evidence();
    }

    private void say(long bytes, String reason) {
      memory += Math.max(0, Math.min(bytes, 1L << 42));
      memoryReasons.add(reason);
    }

    private static long bytes(Said said) {
      return Quantity.bytes(said.value()).orElse(0L);
    }

    private static long number(String text, long otherwise) {
      return text.matches("\\d{1,7}") ? Long.parseLong(text) : otherwise;
    }
  }
}
