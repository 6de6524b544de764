using System.Globalization;

namespace GitOps.Platform.Configuration;

/// <summary>
/// The settings of a program, layered: flag, then environment, then file, then default. All problems are reported at once;
/// the getters are for settings that were read without any.
/// </summary>
public sealed class Settings
{
    private readonly IReadOnlyDictionary<string, (Setting Setting, string? Value, string Source)> _values;

    private Settings(
        IReadOnlyDictionary<string, (Setting Setting, string? Value, string Source)> values,
        IReadOnlyList<SettingProblem> problems) =>
        (_values, Problems) = (values, problems);

    /// <summary>What was wrong.</summary>
    public IReadOnlyList<SettingProblem> Problems { get; }

    /// <summary>Every setting with its source, in the order they were declared.</summary>
    public IEnumerable<EffectiveSetting> Effective => _values.Values.Select(held =>
        new EffectiveSetting(
            held.Setting.Name, held.Setting.IsSecret && held.Value is not null ? "••••" : held.Value, held.Source));

    /// <summary>Reads all layers.</summary>
    /// <param name="flags">Given flags by setting name; absent ones are left out or null.</param>
    /// <param name="environment">Looks a variable up.</param>
    /// <param name="file">The file's name and bytes; null when there is none.</param>
    /// <param name="moved">What variables and the file must not set any more.</param>
    public static Settings Read(
        IReadOnlyList<Setting> known,
        IReadOnlyDictionary<string, string?> flags,
        string prefix,
        Func<string, string?> environment,
        (string Name, ReadOnlyMemory<byte> Json)? file,
        IReadOnlyList<MovedSetting>? moved = null)
    {
        moved ??= [];
        List<SettingProblem> problems =
        [
            .. moved.Select(setting => (setting.Fix, Variable: Setting.Variable(prefix, setting.Name)))
                .Where(setting => environment(setting.Variable) is not null)
                .Select(setting => new SettingProblem(setting.Variable, "is no setting any more", setting.Fix)),
        ];
        var fromFile = file is { } given ? SettingsFile.Read(given.Name, given.Json.Span, known, moved, problems) : [];
        var values = new OrderedDictionary<string, (Setting, string?, string)>();
        foreach (var setting in known)
        {
            var variable = setting.Variable(prefix);
            var (value, source) =
                flags.GetValueOrDefault(setting.Name) is { } flag ? (flag, setting.Flag)
                : environment(variable) is { } set ? (set, variable)
                : fromFile.TryGetValue(setting.Name, out var written) ? written
                : (setting.Default, "default");
            if (value is not null && Check(setting, value) is { } what)
            {
                // A secret is not repeated, not even a wrong one.
                var shown = setting.IsSecret ? "the value" : $"'{value}'";
                problems.Add(new SettingProblem(source, $"{setting.Name}: {shown} is not {what}", setting.Help));
            }

            values[setting.Name] = (setting, value, source);
        }

        return new Settings(values, problems);
    }

    /// <summary>Null when it is set nowhere and has no default.</summary>
    public string? Text(Setting setting) => _values[setting.Name].Value;

    /// <summary>Of an integer setting with a default.</summary>
    public long Integer(Setting setting) => long.Parse(Text(setting)!, CultureInfo.InvariantCulture);

    /// <summary>Of a boolean setting with a default.</summary>
    public bool Boolean(Setting setting) => bool.Parse(Text(setting)!);

    /// <summary>Where the value comes from.</summary>
    public string SourceOf(Setting setting) => _values[setting.Name].Source;

    private static string? Check(Setting setting, string value) => setting.Kind switch
    {
        SettingKind.Integer => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= setting.Minimum && number <= setting.Maximum
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"a whole number from {setting.Minimum} to {setting.Maximum}"),
        SettingKind.Boolean => value is "true" or "false" ? null : "true or false",
        _ => null,
    };
}
