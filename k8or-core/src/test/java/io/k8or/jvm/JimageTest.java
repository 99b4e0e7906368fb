package io.k8or.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The modules file of the runtime that runs this test. */
class JimageTest {
  private static Jimage own() throws IOException {
    return Jimage.open(
        Content.of(Path.of(System.getProperty("java.home"), "lib", "modules")), "lib/modules");
  }

  @Test
  void open_ofTheRunningRuntime_hasItsModulesAndClasses() throws IOException {
    Jimage image = own();
    assertThat(image.modules()).contains("java.base", "java.logging");
    assertThat(image.read("/java.base/java/lang/Object.class").orElseThrow())
        .startsWith(0xca, 0xfe, 0xba, 0xbe);
    assertThat(image.read("/java.base/java/lang/Nothing.class")).isEmpty();
  }

  @Test
  void keeping_someModules_isReadAgainWithTheseAlone() throws IOException {
    Jimage image = own();
    Set<String> modules = Set.of("java.base", "java.logging");
    Content small = image.keeping(modules);
    Jimage again = Jimage.open(small, "small");
    assertThat(again.modules()).isEqualTo(modules);
    assertThat(small.size()).isLessThan(45 << 20);
    List<Jimage.Resource> expected =
        image.resources().stream()
            .filter(each -> modules.contains(each.module()))
            .filter(each -> !each.name().contains("SystemModules$"))
            .toList();
    assertThat(again.resources().stream().map(Jimage.Resource::name).toList())
        .isEqualTo(expected.stream().map(Jimage.Resource::name).toList());
    for (int i = 0; i < expected.size(); i += 97) {
      String name = expected.get(i).name();
      assertThat(again.read(name).orElseThrow()).as(name).isEqualTo(image.read(name).orElseThrow());
    }
    assertThat(image.keeping(modules)).isEqualTo(small);
  }

  @Test
  void open_ofOtherBytes_saysWhatIsWrong() throws IOException {
    byte[] bytes =
        Content.of(Path.of(System.getProperty("java.home"), "lib", "modules"))
            .slice(0, 4000)
            .readAll(4000);
    assertThatThrownBy(() -> Jimage.open(Content.of(bytes), "cut"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("jimage: cut: expected tables of ")
        .hasMessageEndingWith(" bytes, the file has 4000");
    byte[] version = Arrays.copyOf(bytes, 28);
    version[4] = 7;
    assertThatThrownBy(() -> Jimage.open(Content.of(version), "new"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("expected version 1.0 without flags");
    assertThatThrownBy(() -> Jimage.open(Content.of(new byte[40]), "zeros"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("jimage: zeros: it does not begin with cafedada");
  }

  @Test
  void keeping_ofASmallFile_writesItAnewOrSaysThatNoTableIsFound() throws IOException {
    for (byte[] seed : JimageFuzz.seeds()) {
      Jimage image = Jimage.open(Content.of(seed), "small");
      assertThat(image.modules()).containsExactly("java.base", "java.logging");
      Jimage again = Jimage.open(image.keeping(Set.of("java.base")), "again");
      assertThat(again.resources()).hasSize(5);
      // One name twice.
      byte[] two = seed.clone();
      String text = new String(two, StandardCharsets.ISO_8859_1);
      int at = text.indexOf("\0String\0");
      System.arraycopy("Object".getBytes(StandardCharsets.US_ASCII), 0, two, at + 1, 6);
      Jimage twice = Jimage.open(Content.of(two), "twice");
      assertThatThrownBy(() -> twice.keeping(Set.of("java.base")))
          .isInstanceOf(MalformedContentException.class)
          .hasMessage("jimage: twice: no table is found for the names of 5 resources");
    }
  }

  @Test
  void keeping_ofDamagedClasses_saysSo() throws IOException {
    byte[] seed = JimageFuzz.seeds().get(0);
    for (int at = 28; at < seed.length; at++) {
      byte[] damaged = seed.clone();
      damaged[at] ^= (byte) 0xff;
      try {
        Jimage image = Jimage.open(Content.of(damaged), "damaged");
        RuntimeModules.of(image);
        image.keeping(Set.of("java.base"));
      } catch (MalformedContentException e) {
        assertThat(e.where()).contains("damaged");
      }
    }
  }

  @Test
  void closure_ofModules_followsRequiresAndServices() throws IOException {
    RuntimeModules modules = RuntimeModules.of(own());
    assertThat(modules.moduleOf("java/util/logging/Logger")).contains("java.logging");
    Map<String, String> none = modules.closure(Map.of(), Set.of());
    assertThat(none).containsKey("java.base").doesNotContainKey("java.desktop");
    Map<String, String> sql = modules.closure(Map.of("java.sql", "told"), Set.of());
    assertThat(sql)
        .containsEntry("java.sql", "told")
        .containsEntry("java.transaction.xa", "required by java.sql");
    assertThat(modules.closure(Map.of("no.such", "told"), Set.of())).isEqualTo(none);
    assertThat(
            modules.closure(
                Map.of("java.naming", "told"), Set.of("javax/naming/ldap/spi/LdapDnsProvider")))
        .containsEntry(
            "jdk.naming.dns", "provides javax.naming.spi.InitialContextFactory to java.naming");
  }
}
