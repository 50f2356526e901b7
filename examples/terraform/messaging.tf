# S3 tells the topic of each document; the function looks at it, and the archive takes notice of it.

resource "aws_sns_topic" "arrived" {
  name              = "${var.name}-arrived"
  kms_master_key_id = aws_kms_key.documents.id
}

data "aws_iam_policy_document" "arrived" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.arrived.arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [module.documents.arn]
    }
  }
}

resource "aws_sns_topic_policy" "arrived" {
  arn    = aws_sns_topic.arrived.arn
  policy = data.aws_iam_policy_document.arrived.json
}

module "archive" {
  source = "./modules/archive"
  count  = var.archive ? 1 : 0

  name      = "${var.name}-archive"
  topic_arn = aws_sns_topic.arrived.arn
}

resource "aws_sns_topic_subscription" "function" {
  topic_arn           = aws_sns_topic.arrived.arn
  protocol            = "lambda"
  endpoint            = aws_lambda_alias.live.arn
  filter_policy_scope = "MessageBody"

  filter_policy = jsonencode({
    Records = { s3 = { object = { size = [{ numeric = [">", 0] }] } } }
  })
}

# The partner that converts documents ships its part as a template of CloudFormation.

resource "aws_cloudformation_stack" "conversion" {
  name          = "${var.name}-conversion"
  template_body = file("${path.module}/conversion.yaml")

  parameters = {
    Topic = aws_sns_topic.arrived.arn
  }
}
