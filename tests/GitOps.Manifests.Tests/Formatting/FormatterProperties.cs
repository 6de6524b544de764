using System.Text;
using CsCheck;
using GitOps.Manifests.Formatting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests.Formatting;

public sealed class FormatterProperties
{
    private static readonly string[] Keys =
    [
        "placement", "requires", "process", "command", "files", "env", "restart", "backoff", "initial", "max", "probes", "name", "exec", "PORT",
        "'quoted'", "\"double\"", "other",
    ];

    private static readonly string[] Values =
    [
        "a", "\"{{ values.a }}\"", "'it''s'", "{all: true}", "[a, b] # beside", "", "# nothing", "5", "two words # said", "\"a # b\"",
        "|\n@one\n\n@  two\n@# three", ">-\n@one\n@two", "|+\n@one\n\n", "[\n@a, # first\n@b\n@]", "\"one\n@two\"", "one\n@two", "&x a",
    ];

    private static readonly byte[][] Seeds = [.. Fleets.Example.Files.Where(file => file.Path.EndsWith(".yaml", StringComparison.Ordinal)).Select(file => file.Bytes.ToArray())];

    private static readonly string[] Inserted = ["\n# c\n", "\n    # deep\n", "\n\n", "\n\n\n# d\n", " # e\n", "\n  ", "\n---\n", "\n- ", " "];

    /// <summary>A tree of lists and mappings in every layout people use, with comments everywhere, is formatted for good.</summary>
    [Fact]
    public void Any_manifest_keeps_its_meaning_and_its_comments() =>
        Gen.Int[0, int.MaxValue].Sample(seed =>
        {
            var text = new Layout(new Random(seed)).Document();
            var result = ManifestFormatter.Format(new("x.yaml", Encoding.UTF8.GetBytes(text)));
            Assert.True(result is FormatResult.Formatted || (result is FormatResult.LeftAlone && !IsValid(text)), $"{result}\n{text}");
            if (result is FormatResult.Formatted(var formatted, _))
            {
                Assert.Equal(Comments(text), Comments(formatted));
                Assert.Equal(new FormatResult.Formatted(formatted, IsChanged: false), ManifestFormatter.Format(new("x.yaml", Encoding.UTF8.GetBytes(formatted))));
            }
        }, iter: 3000);

    [Fact]
    public void Edited_manifests_are_formatted_or_left_alone_and_never_broken() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.OneOf(Inserted)).Array[1, 5]).Sample((seed, edits) =>
        {
            var text = Encoding.UTF8.GetString(Seeds[seed]);
            foreach (var (at, insert) in edits)
            {
                text = text.Insert(at % (text.Length + 1), insert);
            }

            var result = ManifestFormatter.Format(new("x.yaml", Encoding.UTF8.GetBytes(text)));
            Assert.False(result is FormatResult.Broken, $"{result}\n{text}");
        }, iter: 3000);

    private static bool IsValid(string text)
    {
        var findings = new FindingList();
        YamlReader.Read(new("x.yaml", Encoding.UTF8.GetBytes(text)), YamlLimits.Default, findings);
        return findings.Errors == 0;
    }

    // Those that Layout writes: each has a number, so that none is mistaken for another.
    private static IEnumerable<string> Comments(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("#c", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private sealed class Layout(Random random)
    {
        private readonly StringBuilder _text = new();
        private int _comments;

        public string Document()
        {
            Maybe(0);
            foreach (var part in Shuffled(["apiVersion: gitops.edge/v1", "kind: Workload", "metadata: {name: a}", "spec:"]))
            {
                _text.Append(part).Append('\n');
                if (part == "spec:")
                {
                    Mapping(Step(), depth: 0, isBesideDash: false);
                }

                Maybe(0);
            }

            return _text.ToString();
        }

        private void Mapping(int indent, int depth, bool isBesideDash)
        {
            foreach (var key in Shuffled(Keys)[..random.Next(1, 5)])
            {
                if (!isBesideDash)
                {
                    Maybe(indent);
                    _text.Append(' ', indent);
                }

                isBesideDash = false;
                _text.Append(key).Append(':');
                Value(indent, depth, key);
            }
        }

        private void Value(int indent, int depth, string key)
        {
            switch (depth < 3 ? random.Next(5) : 0)
            {
                case 1:
                    _text.Append(random.Next(3) == 0 ? " # beside\n" : "\n");
                    Mapping(indent + Step(), depth + 1, isBesideDash: false);
                    break;
                case 2:
                    _text.Append('\n');
                    List(indent + (key.Length > 0 && random.Next(2) == 0 ? 0 : Step()), depth + 1);
                    break;
                default:
                    _text.Append(' ').Append(Values[random.Next(Values.Length)].Replace("@", new string(' ', indent + Step()), StringComparison.Ordinal)).Append('\n');
                    break;
            }
        }

        private void List(int indent, int depth)
        {
            for (var items = random.Next(1, 4); items > 0; items--)
            {
                Maybe(indent);
                _text.Append(' ', indent).Append('-');
                if (random.Next(2) == 0)
                {
                    var gap = random.Next(1, 4);
                    _text.Append(' ', gap);
                    Mapping(indent + 1 + gap, depth + 1, isBesideDash: true);
                }
                else
                {
                    Value(indent, depth, "");
                }
            }
        }

        private void Maybe(int indent)
        {
            for (var lines = random.Next(-2, 3); lines > 0; lines--)
            {
                _text.Append(random.Next(3) == 0 ? "\n" : $"{new string(' ', random.Next(4) == 0 ? indent + random.Next(5) : indent)}#c{_comments++}\n");
            }
        }

        private int Step() => random.Next(1, 5);

        private string[] Shuffled(string[] of)
        {
            string[] copy = [.. of];
            random.Shuffle(copy);
            return copy;
        }
    }
}
