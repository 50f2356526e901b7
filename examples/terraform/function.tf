# What looks at a document. Terraform makes the function and its first version; the pipeline releases the others.

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 30
}

resource "aws_ssm_parameter" "limit" {
  name        = "/${var.name}/limit-mb"
  description = "The largest document that is looked at"
  type        = "String"
  value       = "25"
}

resource "aws_secretsmanager_secret" "partner" {
  name                    = "${var.name}/partner"
  description             = "What we show the partner that converts documents"
  kms_key_id              = aws_kms_key.documents.arn
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "partner" {
  secret_id     = aws_secretsmanager_secret.partner.id
  secret_string = jsonencode({ token = var.partner_token })
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "function" {
  statement {
    sid       = "Documents"
    actions   = ["s3:GetObject", "s3:PutObjectTagging"]
    resources = ["${module.documents.arn}/incoming/*"]
  }

  statement {
    sid       = "Settings"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.limit.arn]
  }

  statement {
    sid       = "Partner"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.partner.arn]
  }

  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.documents.arn]
  }
}

resource "aws_iam_role" "function" {
  name                 = "${var.name}-function"
  description          = "What looks at documents"
  assume_role_policy   = data.aws_iam_policy_document.function_trust.json
  max_session_duration = 7200
}

resource "aws_iam_policy" "function" {
  name        = "${var.name}-function"
  description = "Read documents and what is needed to look at them"
  policy      = data.aws_iam_policy_document.function.json
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = aws_iam_policy.function.arn
}

resource "aws_iam_role_policy_attachment" "function_logs" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "documents" {
  function_name    = var.name
  description      = "Looks at documents that customers upload"
  role             = aws_iam_role.function.arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  architectures    = ["arm64"]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = var.memory_mb
  timeout          = 30
  publish          = true

  environment {
    variables = {
      LIMIT_PARAMETER = aws_ssm_parameter.limit.name
      PARTNER_SECRET  = aws_secretsmanager_secret.partner.name
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  lifecycle {
    ignore_changes = [filename, source_code_hash]
  }

  depends_on = [aws_iam_role_policy_attachment.function, aws_iam_role_policy_attachment.function_logs]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.documents.function_name
  function_version = aws_lambda_function.documents.version

  lifecycle {
    # CodeDeploy moves it.
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name          = aws_lambda_function.documents.function_name
  qualifier              = aws_lambda_alias.live.name
  maximum_retry_attempts = 1

  destination_config {
    on_failure {
      destination = aws_sns_topic.operators.arn
    }
  }
}

resource "aws_lambda_permission" "topic" {
  statement_id  = "topic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.live.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.arrived.arn
}

# Whoever may call it asks the URL how a document fares.
resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.documents.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "AWS_IAM"

  cors {
    allow_origins = ["https://example.com"]
    allow_methods = ["GET"]
    max_age       = 300
  }
}

# Each night it counts what came in.

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "${var.name}-nightly"
  description         = "Count the documents of the day"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule  = aws_cloudwatch_event_rule.nightly.name
  arn   = aws_lambda_alias.live.arn
  input = jsonencode({ count = "yesterday" })

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 3
  }
}

resource "aws_lambda_permission" "nightly" {
  statement_id  = "nightly"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.live.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.nightly.arn
}
