using System.Text;
using GitOps.Manifests.Formatting;

namespace GitOps.Manifests.Tests.Formatting;

public sealed class FormatterTests
{
    [Fact]
    public void Fields_come_in_the_order_of_the_kind_with_the_comments_above_them() => Becomes(
        """
        # the header stays
        kind: Volume

        # what it is called
        metadata:
            labels: {b: c}
            name: data   # short
        apiVersion: gitops.edge/v1
        spec:

            # how much
            size: 10Mi


            # where
            path: "/srv/data"
            placement: {all: true}
            # nothing follows
        """,
        """
        # the header stays
        apiVersion: gitops.edge/v1
        kind: Volume

        # what it is called
        metadata:
          name: data   # short
          labels: {b: c}
        spec:
          placement: {all: true}

          # where
          path: "/srv/data"
          # how much
          size: 10Mi
          # nothing follows
        """);

    [Fact]
    public void Lists_are_indented_and_an_item_begins_with_its_first_field() => Becomes(
        """
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata: {name: t}
        spec:
          placement: {all: true}
          servers:
          -   nts: true
              # where it is
              address: a.example
          # the second
          - b.example
        """,
        """
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata: {name: t}
        spec:
          placement: {all: true}
          servers:
            # where it is
            - address: a.example
              nts: true
            # the second
            - b.example
        """);

    [Fact]
    public void Block_scalars_templates_and_long_values_stay_as_they_are() => Becomes(
        """
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: t}
        spec:
              content: |

                {{ for n in values.names }}
                   {{ n }}
                # no comment
                {{ end }}

              path: "/srv/{{ values.x }}"
              owner: 'a
                b'
              restart: [
                one,   # kept
                two
              ]
              placement: {all: true}
        """,
        """
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: t}
        spec:
          placement: {all: true}

          path: "/srv/{{ values.x }}"
          content: |

            {{ for n in values.names }}
               {{ n }}
            # no comment
            {{ end }}
          owner: 'a
            b'
          restart: [
            one,   # kept
            two
          ]
        """);

    [Fact]
    public void Documents_stay_apart_and_keys_that_people_choose_keep_their_order() => Becomes(
        """


        # yaml-language-server: $schema=x.json
        ---
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec:
          values:
            b: 1
            a:
            - x
          uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01

        ---

        # only a comment
        ---
        apiVersion: gitops.edge/v1
        kind: Site
        metadata: {name: s}
        spec:

        """,
        """
        # yaml-language-server: $schema=x.json
        ---
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec:
          uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01
          values:
            b: 1
            a:
              - x
        ---
        # only a comment
        ---
        apiVersion: gitops.edge/v1
        kind: Site
        metadata: {name: s}
        spec:
        """);

    [Fact]
    public void With_anchors_fields_stay_in_place() => Becomes(
        """
        apiVersion: gitops.edge/v1
        kind: Site
        spec:
            values: &v
                a: 1
            timeZone: UTC
        metadata: {name: s}
        """,
        """
        apiVersion: gitops.edge/v1
        kind: Site
        spec:
          values: &v
            a: 1
          timeZone: UTC
        metadata: {name: s}
        """);

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: a}\n", "apiVersion")]
    [InlineData("apiVersion: gitops.edge/v1\nkind: [\n", "findings")]
    [InlineData("apiVersion: gitops.edge/v1\n? kind\n: Site\n", "laid out")]
    [InlineData("%YAML 1.2\n---\napiVersion: gitops.edge/v1\nkind: Site\n", "laid out")]
    [InlineData("apiVersion: gitops.edge/v1\nkind: Site\nspec:\n  a: |2\n      b\n", "laid out")]
    [InlineData("apiVersion: gitops.edge/v1\nkind: Site\n...\n", "laid out")]
    [InlineData("{apiVersion: gitops.edge/v1, kind: Site}\n", "laid out")]
    public void What_has_no_canonical_form_is_left_alone(string text, string because) =>
        Assert.Contains(because, Assert.IsType<FormatResult.LeftAlone>(Format(text)).Because, StringComparison.Ordinal);

    [Fact]
    public void A_text_without_line_break_at_its_end_and_with_those_of_windows_is_mended()
    {
        var formatted = Assert.IsType<FormatResult.Formatted>(Format("\uFEFFapiVersion: gitops.edge/v1\r\nkind: Site\r\nmetadata: {name: a}"));
        Assert.True(formatted.IsChanged);
        Assert.Equal("apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {name: a}\n", formatted.Text);
    }

    private static void Becomes(string written, string expected)
    {
        var formatted = Assert.IsType<FormatResult.Formatted>(Format(written + "\n"));
        Assert.Equal(expected + "\n", formatted.Text);
        Assert.Equal(new FormatResult.Formatted(formatted.Text, IsChanged: false), Format(formatted.Text));
    }

    private static FormatResult Format(string text) => ManifestFormatter.Format(new("x.yaml", Encoding.UTF8.GetBytes(text)));
}
