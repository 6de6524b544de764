using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GitOps.Platform.Configuration;

/// <summary>A flat JSON object, comments allowed, read with the line of each member.</summary>
internal static class SettingsFile
{
    public static Dictionary<string, (string? Value, string Source)> Read(
        string name, ReadOnlySpan<byte> json, IReadOnlyList<Setting> known, IReadOnlyList<MovedSetting> moved, List<SettingProblem> problems)
    {
        Dictionary<string, (string? Value, string Source)> values = [];
        if (json.StartsWith(Encoding.UTF8.Preamble))
        {
            json = json[Encoding.UTF8.Preamble.Length..];
        }

        var reader = new Utf8JsonReader(
            json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                problems.Add(new SettingProblem($"{name}:1", "is not a JSON object", "write { \"name\": value, … }"));
                return values;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var member = reader.GetString()!;
                var line = 1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n');
                var source = string.Create(CultureInfo.InvariantCulture, $"{name}:{line}");
                reader.Read();
                var setting = known.FirstOrDefault(s => s.Name == member);
                if (member == "format")
                {
                    CheckFormat(ref reader, source, problems);
                }
                else if (moved.FirstOrDefault(s => s.Name == member) is { } old)
                {
                    problems.Add(new SettingProblem(source, $"'{member}' is no setting any more", old.Fix));
                }
                else if (setting is null)
                {
                    problems.Add(new SettingProblem(
                        source,
                        $"there is no setting '{member}'",
                        $"known are {string.Join(", ", known.Select(s => s.Name))}"));
                }
                else if (values.TryGetValue(member, out var first))
                {
                    problems.Add(new SettingProblem(
                        source, $"'{member}' is there twice", $"keep one; the first is at {first.Source}"));
                }
                else if (Scalar(ref reader, setting) is { } value)
                {
                    values[member] = (value, source);
                }
                else
                {
                    problems.Add(new SettingProblem(source, $"{member}: must be {Describe(setting)}", setting.Help));
                }

                reader.Skip();
            }

            reader.Read(); // what follows the object is an error of its own
        }
        catch (JsonException broken)
        {
            var line = (broken.LineNumber ?? 0) + 1;
            problems.Add(new SettingProblem(
                string.Create(CultureInfo.InvariantCulture, $"{name}:{line}"),
                "is not JSON: " + broken.Message,
                "correct the syntax there"));
        }

        return values;
    }

    private static void CheckFormat(ref Utf8JsonReader reader, string source, List<SettingProblem> problems)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var format) || format != 1)
        {
            problems.Add(new SettingProblem(source, "the format of the file is not 1", "this program reads format 1"));
        }
    }

    private static string? Scalar(ref Utf8JsonReader reader, Setting setting) => (setting.Kind, reader.TokenType) switch
    {
        (SettingKind.Text, JsonTokenType.String) => reader.GetString(),
        (SettingKind.Boolean, JsonTokenType.True) => "true",
        (SettingKind.Boolean, JsonTokenType.False) => "false",
        (SettingKind.Integer, JsonTokenType.Number) => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };

    private static string Describe(Setting setting) => setting.Kind switch
    {
        SettingKind.Integer => "a number",
        SettingKind.Boolean => "true or false",
        _ => "a string",
    };
}
