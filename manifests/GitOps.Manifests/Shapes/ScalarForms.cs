namespace GitOps.Manifests.Shapes;

/// <summary>The forms of the scalars of <see cref="Scalars"/>: each says what its parser checks, as far as a pattern can.</summary>
internal static class ScalarForms
{
    private const string LabelPart = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    private const string LabelWord = "[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";
    private const string Segment = "(?!\\.{1,2}(/|$))[^/\\u0000-\\u001f]{1,255}";

    /// <summary>A name of digits alone is a number to other readers of YAML, and <c>true</c> a boolean.</summary>
    public static readonly ScalarForm Name = new(ScalarTypes.Text) { Pattern = $"^{LabelPart}$", Example = "press-1" };

    public static readonly ScalarForm LabelKey = new(ScalarTypes.Text) { Pattern = $"^(({LabelPart})(\\.{LabelPart})*/)?{LabelWord}$", Example = "role" };

    public static readonly ScalarForm LabelValue = new(ScalarTypes.Text) { Pattern = $"^({LabelWord})?$", Example = "press" };

    public static readonly ScalarForm Bool = new(ScalarTypes.Boolean) { Example = "true" };

    public static readonly ScalarForm Number = new(ScalarTypes.Number) { Example = "0.1" };

    public static readonly ScalarForm Duration = new(ScalarTypes.String)
    {
        Pattern = "^(?=[0-9])([0-9]{1,12}d)?([0-9]{1,12}h)?([0-9]{1,12}m)?([0-9]{1,12}s)?([0-9]{1,12}ms)?$",
        Example = "90s",
    };

    public static readonly ScalarForm Size = new(ScalarTypes.String | ScalarTypes.Integer)
    {
        Pattern = "^[0-9]{1,19}(Ki|Mi|Gi|Ti|k|K|M|G|T)?$",
        Example = "10Mi",
    };

    /// <summary>Processors: <c>2</c>, <c>0.5</c>, <c>500m</c>.</summary>
    public static readonly ScalarForm Processors = new(ScalarTypes.String | ScalarTypes.Number)
    {
        Pattern = "^(0*[0-9]{1,6}(\\.[0-9]*)?|\\.[0-9]+)m?$",
        Example = "500m",
    };

    public static readonly ScalarForm Uuid = new(ScalarTypes.String)
    {
        Pattern = "^\\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\s*$", // blanks around it are skipped
        Example = "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01",
    };

    public static readonly ScalarForm AbsolutePath = new(ScalarTypes.String) { Pattern = $"^(/{Segment})+$", Example = "/srv/data" };

    public static readonly ScalarForm RelativeName = new(ScalarTypes.Text) { Pattern = $"^{Segment}(/{Segment})*$", Example = "conf/app.conf" };

    /// <summary>Four digits without quotes are a number to other readers, and only a warning here.</summary>
    public static readonly ScalarForm Mode = new(ScalarTypes.String | ScalarTypes.Integer) { Pattern = "^[0-7]{4}$", Example = "\"0644\"" };

    public static readonly ScalarForm User = new(ScalarTypes.Text) { Pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$", Example = "www-data" };

    public static readonly ScalarForm EnvironmentName = new(ScalarTypes.Text) { Pattern = "^[A-Za-z_][A-Za-z0-9_]{0,254}$", Example = "PORT" };

    public static readonly ScalarForm Host = new(ScalarTypes.Text) { Example = "10.0.0.5" };

    public static readonly ScalarForm Anything = new(ScalarTypes.Text) { Example = "70.5" };

    public static readonly ScalarForm Requirement = new(ScalarTypes.String)
    {
        Pattern = $"^(clock|(file|workload|volume|clock|device)/{LabelPart})$",
        Example = "volume/data",
    };

    public static readonly ScalarForm RepositoryPath = new(ScalarTypes.Text) { Pattern = "^[^/\\\\][^\\\\]*$", Example = "./files/app.conf" };

    public static ScalarForm Integer(decimal minimum, decimal maximum) => new(ScalarTypes.Integer)
    {
        Minimum = minimum,
        Maximum = maximum,
        Example = Math.Max(minimum, Math.Min(maximum, 1)).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    public static ScalarForm OneOf(params string[] choices) => new(ScalarTypes.String) { Choices = choices, Example = choices[0] };

    public static ScalarForm Url(params string[] schemes) => new(ScalarTypes.String)
    {
        Pattern = $"^\\s*[{Letters(schemes)}]+:", // their case does not matter, and no pattern says that briefly
        Example = $"{schemes[0]}://10.0.0.5:8080/",
    };

    private static string Letters(string[] schemes) =>
        string.Concat(string.Concat(schemes).ToLowerInvariant().Distinct().Order().SelectMany(c => new[] { c, char.ToUpperInvariant(c) }));
}
