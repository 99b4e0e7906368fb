package io.k8or.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HtmlReportTest {
  @Test
  void toHtml_markupInNames_isEscaped() {
    String html =
        HtmlReport.titled("<b>&\"'")
            .withTable("T", List.of("A", "#B"), List.of(List.of("<script>\u202e\u0007", "1")))
            .toHtml();
    assertThat(html)
        .contains("<title>&lt;b&gt;&amp;&quot;&#39;</title>")
        .contains("<th>A</th><th class=n>B</th>")
        .contains("<td>&lt;script&gt;\\u202e\\u0007</td><td class=n>1</td>")
        .doesNotContain("<script");
  }

  @Test
  void withTable_rowOfAnotherLength_throws() {
    assertThatThrownBy(
            () -> HtmlReport.titled("t").withTable("T", List.of("A", "B"), List.of(List.of("x"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a row of 1 cells under 2 columns: [x]");
  }

  @Test
  void withEdits_plan_namesEachEditWithItsReasonAndTheSums() {
    FileTree tree =
        FileTree.builder()
            .put(
                ImagePath.of("/usr/share/doc/x"),
                FileNode.regular(FileAttributes.ofMode(0644), Content.of(new byte[1234])))
            .build();
    ImageSnapshot image =
        ImageSnapshot.of(ImageConfig.of(new Platform("linux", "amd64", "")), tree);
    Reason reason = new Reason("files", "remove-path", "matches /usr/share/doc/**");
    EditPlan plan =
        EditPlan.of(
            List.of(new Edit.RemovePath(ImagePath.of("/usr/share/doc/x"), reason)),
            List.of(),
            List.of(Finding.of(new Reason("users", "unknown", "what was seen"))));
    Accounting accounting = Accounting.of(image, plan);
    HtmlReport report = HtmlReport.titled("t").withEdits(plan, accounting).withFindings(plan);
    assertThat(report.toHtml())
        .contains("<td>files/remove-path</td><td class=n>1</td><td class=n>1</td>")
        .contains("<td class=n>1,234</td>")
        .contains("<summary>files/remove-path: matches /usr/share/doc/** (1)</summary>")
        .contains("<li class=p>remove /usr/share/doc/x</li>")
        .contains("<td>users/unknown</td><td></td><td>what was seen</td>");
    assertThat(report.toHtml())
        .isEqualTo(HtmlReport.titled("t").withEdits(plan, accounting).withFindings(plan).toHtml());
  }
}
