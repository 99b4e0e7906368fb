package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Analyses with summaries give what those without give, whatever stands in the store. */
class SummaryStoreTest {
  // mov edi,39; call w; mov edi,60; jmp w; w: mov rax,rdi; mov rdi,rsi; syscall; ret
  private static final String WRAPPER =
      "bf27000000e816000000bf3c000000eb0f66662e0f1f8400000000000f1f40004889f84889f70f05c3";
  // mov eax,[counter]; syscall; mov eax,60; syscall; hlt
  private static final String UNKNOWN = "8b050a0000000f05b83c0000000f05f40000000000000000";

  @Test
  void analyze_withAnEmptyStore_keepsASummaryByDigestAndVersion() throws IOException {
    Map<String, Content> kept = keep(WRAPPER);
    assertThat(kept.keySet()).singleElement().asString().matches("[0-9a-f]{64}-[0-9a-f]{16}");
  }

  @Test
  void analyze_withASummary_givesTheSameAndHasNothingToKeep() throws IOException {
    for (String program : List.of(WRAPPER, UNKNOWN)) {
      ServiceSyscalls plain = analyze(ServiceAnalyzer.of(tree(program)));
      Map<String, Content> kept = keep(program);
      Counting store = new Counting(kept);
      ServiceAnalyzer analyzer = ServiceAnalyzer.of(tree(program), store);
      assertSame(analyze(analyzer), plain);
      analyzer.keepSummaries(store);
      assertThat(store.found).isEqualTo(1);
      assertThat(store.kept).isZero();
    }
  }

  @Test
  void keepSummaries_ofTheSameObjectTwice_givesTheSameBytes() throws IOException {
    assertThat(bytes(keep(WRAPPER))).isEqualTo(bytes(keep(WRAPPER)));
  }

  @Test
  void analyze_withADamagedSummary_leavesItAside() throws IOException {
    ServiceSyscalls plain = analyze(ServiceAnalyzer.of(tree(WRAPPER)));
    Map<String, Content> kept = keep(WRAPPER);
    String key = kept.keySet().iterator().next();
    byte[] whole = bytes(kept);
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x11;
      assertLeftAside(key, damaged, plain);
      assertLeftAside(key, Arrays.copyOf(whole, at), plain);
    }
  }

  @Test
  void analyze_withASummaryOfAnotherObject_leavesItAside() throws IOException {
    ServiceSyscalls plain = analyze(ServiceAnalyzer.of(tree(WRAPPER)));
    String key = keep(WRAPPER).keySet().iterator().next();
    assertLeftAside(key, bytes(keep(UNKNOWN)), plain);
  }

  @Test
  @Tag("oracle")
  void analyze_ofThisMachinesPrograms_isTheSameWithSummaries() throws IOException {
    FileTree files = HostTree.read();
    SummaryStore store = SummaryStore.inMemory();
    List<String> programs = List.of("/usr/bin/env", "/usr/bin/tar", "/usr/bin/bash");
    for (String program : programs) {
      ServiceAnalyzer first = ServiceAnalyzer.of(files, store);
      first.analyze(program, List.of(program), List.of());
      first.keepSummaries(store);
    }
    for (String program : programs) {
      ServiceSyscalls plain =
          ServiceAnalyzer.of(files).analyze(program, List.of(program), List.of());
      assertSame(
          ServiceAnalyzer.of(files, store).analyze(program, List.of(program), List.of()), plain);
    }
  }

  private static void assertLeftAside(String key, byte[] bytes, ServiceSyscalls plain)
      throws IOException {
    Counting store = new Counting(new HashMap<>(Map.of(key, Content.of(bytes))));
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(tree(WRAPPER), store);
    assertSame(analyze(analyzer), plain);
    analyzer.keepSummaries(store);
    assertThat(store.kept).as("a whole one takes its place").isEqualTo(1);
  }

  private static void assertSame(ServiceSyscalls found, ServiceSyscalls expected) {
    assertThat(found.syscalls()).isEqualTo(expected.syscalls());
    assertThat(found.unresolved()).isEqualTo(expected.unresolved());
    for (String syscall : expected.syscalls()) {
      assertThat(found.explain(syscall)).isEqualTo(expected.explain(syscall));
    }
  }

  private static Map<String, Content> keep(String program) throws IOException {
    Counting store = new Counting(new HashMap<>());
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(tree(program), store);
    analyze(analyzer);
    analyzer.keepSummaries(store);
    return store.contents;
  }

  private static byte[] bytes(Map<String, Content> kept) throws IOException {
    return kept.values().iterator().next().readAll(1 << 20);
  }

  private static ServiceSyscalls analyze(ServiceAnalyzer analyzer) throws IOException {
    return analyzer.analyze("main", List.of("/service"), List.of());
  }

  private static FileTree tree(String program) {
    FileTree.Editor editor = FileTree.builder();
    editor.put(ImagePath.of("/service"), TinyElf.program(program));
    return editor.build();
  }

  private static final class Counting implements SummaryStore {
    private final Map<String, Content> contents;
    private int found;
    private int kept;

    Counting(Map<String, Content> contents) {
      this.contents = contents;
    }

    @Override
    public Optional<Content> find(String key) {
      Optional<Content> content = Optional.ofNullable(contents.get(key));
      found += content.isPresent() ? 1 : 0;
      return content;
    }

    @Override
    public void keep(String key, Content summary) {
      contents.put(key, summary);
      kept++;
    }
  }
}
