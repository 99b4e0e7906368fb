package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccountFileTest {
  private static AccountFile parse(AccountFormat format, String text) throws Exception {
    return AccountFile.parse(format, "/etc/" + format.fileName(), ByteString.utf8(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PASSWD | a:x:1:1:g:/h           | expected 7 fields, found 6",
        "PASSWD | a:x:1:1:g:/h:/s:more   | expected 7 fields, found 8",
        "PASSWD | :x:1:1:g:/h:/s         | expected a name, found none",
        "PASSWD | a:x:4294967295:1::/h:  | expected a number of 0 to 4294967294 in field 3",
        "PASSWD | a:x:1:-1::/h:          | in field 4, found \"-1\"",
        "PASSWD | a:x:99999999999999999999999:1::/h: | in field 3, found \"9999999999",
        "PASSWD | a:x::1::/h:            | in field 3, found \"\"",
        "SHADOW | a:*                    | expected 9 fields, found 2",
        "GROUP  | a:x:one:               | in field 3, found \"one\"",
        "GSHADOW| a:*:                   | expected 4 fields, found 3",
        "SUBUID | a:100000               | expected 3 fields, found 2",
        "SUBGID | a:100000:x             | in field 3, found \"x\"",
      })
  void parse_malformedLine_namesFileAndLine(AccountFormat format, String line, String why) {
    String first = "# a comment\n";
    assertThatThrownBy(() -> parse(format, first + line + "\n"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith(
            format.fileName() + " file: /etc/" + format.fileName() + " line 2: ")
        .hasMessageContaining(why);
  }

  @Test
  void parse_nul_throws() {
    assertThatThrownBy(() -> parse(AccountFormat.GROUP, "a:x:1:\0\n"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("group file: /etc/group line 1: found a NUL");
  }

  @Test
  void parse_lineOverTheLimit_throws() {
    String line = "a:x:1:" + "m".repeat(AccountFile.MAX_LINE_BYTES);
    assertThatThrownBy(() -> parse(AccountFormat.GROUP, line))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("line 1: expected at most 1048576 bytes, found 1048582");
  }

  @Test
  void parse_linesThatAreNoAccounts_keepsThem() throws Exception {
    String text = "\n  \n# c\n\t# c\n+\n+@netgroup::::::\n-bad\n+::::::";
    AccountFile file = parse(AccountFormat.PASSWD, text);
    assertThat(file.accounts()).isEmpty();
    assertThat(file.print().toUtf8()).isEqualTo(text);
  }

  @Test
  void parse_carriageReturnsAndNoLastLineFeed_keepsThem() throws Exception {
    String text = "a:x:1:1::/h:/s\r\nb:x:0002:4294967294::/h:/s";
    AccountFile file = parse(AccountFormat.PASSWD, text);
    assertThat(file.accounts()).extracting(line -> line.number(2)).containsExactly(1L, 2L);
    assertThat(file.accounts().get(0).field(6)).isEqualTo("/s\r");
    assertThat(file.print().toUtf8()).isEqualTo(text);
  }

  @Test
  void plus_noLastLineFeed_addsOne() throws Exception {
    AccountFile file = parse(AccountFormat.GROUP, "a:x:1:").plus("b", "x", "2", "");
    assertThat(file.print().toUtf8()).isEqualTo("a:x:1:\nb:x:2:\n");
  }

  @Test
  void plus_nisLine_comesBeforeIt() throws Exception {
    AccountFile file = parse(AccountFormat.GROUP, "a:x:1:\n+:::\n").plus("b", "x", "2", "");
    assertThat(file.print().toUtf8()).isEqualTo("a:x:1:\nb:x:2:\n+:::\n");
  }
}
